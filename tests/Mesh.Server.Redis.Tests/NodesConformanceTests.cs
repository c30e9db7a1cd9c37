using System.Collections.Concurrent;
using System.Globalization;
using Mesh.Server.Tests.Backplane;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

public sealed class RedisNodesTests(RedisServer redis) : NodesConformance(redis.Connection), IClassFixture<RedisServer>;

[Collection(nameof(RedisCluster))]
public sealed class ClusterNodesTests(RedisCluster redis) : NodesConformance(redis.Connection);

/// <summary>Several nodes at once are one store: what each says, what it is answered, and what all are told is as a plain model says.</summary>
public abstract class NodesConformance(IConnectionMultiplexer redis)
{
    private const int Nodes = 3;
    private const int MostMembers = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Any_sequence_on_several_nodes_is_as_the_model_says(int run)
    {
        // One that failed is to be had again.
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MESH_SEED"), CultureInfo.InvariantCulture, out var given) ? given : HashCode.Combine(Environment.TickCount64, run);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = new RoomModel(MostMembers);
        var owners = new Dictionary<string, (int Node, int Moves)>(StringComparer.Ordinal);
        var names = new RedisNames(Options.Create(new MeshRedisOptions { Prefix = $"nodes-{Guid.NewGuid():n}" }));
        var generations = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => CreateAsync(names)));
        RedisRoomStore[] stores = [.. generations.Select(it => it.Store)];
        var heard = stores.Select(_ => new ConcurrentQueue<RoomEvent>()).ToArray();
        for (var node = 0; node < Nodes; node++) await stores[node].ListenAsync("r", heard[node].Enqueue, static () => { }, Cancellation);

        for (var step = 0; step < 400; step++)
        {
            var told = $"seed {seed}, step {step}";
            var id = $"c{random.Next(7)}";
            var node = random.Next(Nodes);
            var store = stores[node];
            var isMember = model.Find(id) is not null;
            var (owner, moves) = isMember ? owners[id] : (node, 0);
            var state = RoomStoreConformance.Any(random, model, id);
            switch (random.Next(9))
            {
                // It comes to this node, from another perhaps.
                case 0 or 1:
                    var joining = new NewMember(id, random.Next(2) == 0 ? "u" : null, null, random.Next(2) == 0 ? RawJson.FromText("0") : default, isMember && owner != node ? moves + 1 : moves);
                    var initial = random.Next(2) == 0 ? state : null;
                    model.Join(await store.JoinAsync("r", joining, initial, Cancellation), joining, initial, told);
                    if (model.Find(id) is not null) owners[id] = (node, joining.Moves);
                    break;
                // A node that it has left speaks for it, or takes it for its own.
                case 2 when isMember && owner != node:
                    (await store.SetStateAsync("r", id, state, Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember, told);
                    (await store.LeaveAsync("r", id, Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember, told);
                    (await store.SetMemberMetadataAsync("r", id, RawJson.FromText("1"), Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember, told);
                    if (moves > 0) (await store.JoinAsync("r", new(id, Moves: moves - 1), state, Cancellation)).Outcome.ShouldBe(ChangeOutcome.Moved, told);
                    break;
                case 3:
                    model.Leave(await stores[owner].LeaveAsync("r", id, Cancellation), id, told);
                    break;
                // A node is taken for dead, with all its members, though it goes on.
                case 4 when step % 5 == 0:
                    var (_, dead, scripts) = generations[node];
                    var reaping = (RedisResult[])(await scripts.EvaluateAsync(RedisScripts.Reap, "r", generation: "", [dead.Generation, MostMembers], Cancellation))!;
                    var reaped = new RoomChange(Enum.Parse<ChangeOutcome>((string)reaping[0]!), null, new((long)reaping[2], (long)reaping[3]));
                    model.Leave(reaped, it => owners[it].Node == node, told);
                    break;
                case 5:
                    var metadata = random.Next(3) == 0 ? default : RawJson.FromText($"{random.Next(2)}");
                    model.SetMetadata(await stores[owner].SetMemberMetadataAsync("r", id, metadata, Cancellation), id, metadata, told);
                    break;
                // All at once, and what they are answered says in which order.
                case 6:
                    var said = model.Members.Select(it => (Id: it.ConnectionId, State: new StateChange.Publish(RawJson.FromText($"\"{step} {it.ConnectionId}\"")))).ToArray();
                    var answers = await Task.WhenAll(said.Select(it => stores[owners[it.Id].Node].SetStateAsync("r", it.Id, it.State, Cancellation).AsTask()));
                    foreach (var (one, answer) in said.Zip(answers).OrderBy(it => it.Second.At)) model.SetState(answer, one.Id, one.State, told);
                    break;
                default:
                    model.SetState(await stores[owner].SetStateAsync("r", id, state, Cancellation), id, state, told);
                    break;
            }
            var roster = await stores[random.Next(Nodes)].ReadAsync("r", Cancellation);
            roster.Members.ShouldBe(model.Members, told);
            if (roster.Count > 0) roster.At.ShouldBe(model.At, told);
        }
        foreach (var events in heard)
        {
            await Wait.UntilAsync(() => events.LastOrDefault() is { } last && new Stamp(last.Change.Epoch, last.Change.To) >= model.At);
            events.Select(it => new Stamp(it.Change.Epoch, it.Change.To)).ShouldBe(model.Changes, $"seed {seed}");
        }
    }

    private async Task<(RedisRoomStore Store, RedisNode Node, RoomScripts Scripts)> CreateAsync(RedisNames names)
    {
        var connection = new RedisConnection(() => Task.FromResult(redis));
        var node = new RedisNode(connection, names, TimeProvider.System);
        await node.RenewAsync();
        var known = new RedisKnown();
        var scripts = new RoomScripts(connection, names, known);
        var store = new RedisRoomStore(
            connection, names, node, new(connection, TimeProvider.System), known, scripts, new(scripts), Options.Create(new MeshOptions { MembersPerRoom = MostMembers }));
        return (store, node, scripts);
    }
}
