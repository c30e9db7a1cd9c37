using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Faults;

/// <summary>Protocol §12: what those who never read cost the server has an end, in a room that never rests.</summary>
[Collection(nameof(MemoryOfTheProcess))]
public sealed class NeverReadingTests(ITestOutputHelper output)
{
    private const int Silent = 100;
    private const int Queue = 64 * 1024;
    private const int MB = 1024 * 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_of_them_keep_the_memory_within_their_queues()
    {
        // What is said, each time something else, is several times what they may keep in all.
        const int rounds = 3_000;
        await using var server = await StartAsync();
        var deaf = await server.ConnectAsync(Silent);
        foreach (var (at, client) in deaf.Index())
        {
            client.Answers = false;
            await client.RequestAsync("mesh/subscribe-presence", at % 2 == 0 ? Room("r") : """{"roomName":"r","diffs":true}""");
            client.StopReading();
        }
        await using var bystander = await server.ConnectAsync();
        await bystander.RequestAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":true}""");
        await using var publisher = await server.OpenAsync();
        await publisher.EnterAsync("r");
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var most = 0L;
        for (var round = 1; round <= rounds; round++)
        {
            await publisher.PublishAsync("r", Json.Quote($"{round}{new string('x', 16_000)}"));
            publisher.Forget();
            if (round % 500 == 0) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            bystander.Forget();
        }
        output.WriteLine($"At most {most / MB} MB more than before; {rounds * 16_000L / MB} MB said to each of {Silent}");
        most.ShouldBeLessThan(2 * Silent * Queue);

        // Nobody else waits, and who could not be told is gone.
        await bystander.FenceAsync();
        var open = server.Mesh.Connections.Where(it => it.IsOpen).Select(it => it.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (at, client) in deaf.Index())
        {
            if (at % 2 == 0) open.ShouldNotContain(client.Id);
            await client.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("mesh/get-presence-state", """{"roomName":"r"}""")]
    [InlineData("mesh/subscribe-presence", """{"roomName":"r"}""")]
    [InlineData("mesh/enter", """{"rooms":[{"roomName":"r"}]}""")]
    public async Task They_do_not_keep_a_large_room_each_as_it_was_when_they_asked(string command, string payload)
    {
        // More than the sockets take by themselves.
        const int members = 500;
        const int silent = 40;
        await using var server = await StartAsync(fakeTime: true);
        var (store, under) = (server.Get<IRoomStore>(), server.Get<SnapshotsUnderWay>());
        for (var at = 0; at < members; at++) await store.JoinAsync("r", new($"{at}"), Said(at), Cancellation);
        await using var bystander = await server.ConnectAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var (most, kept) = (0L, 0L);
        var deaf = new List<PlainClient>();
        for (var at = 0; at < silent; at++)
        {
            var client = command == "mesh/enter" ? await server.OpenAsync() : await server.ConnectAsync();
            deaf.Add(client);
            client.Answers = false;
            client.StopReading();
            // The second answer waits for the first.
            await client.SendAsync(command, payload);
            await client.SendAsync(command, payload);
            await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(500), () => server.Mesh.FindConnection(client.Id)?.Transport?.StuckFor is null or { TotalSeconds: >= 1 });
            // What it was is no more.
            await store.SetStateAsync("r", "0", Said(at), Cancellation);
            kept = Math.Max(kept, under.Bytes);
            if (at % 10 == 9) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
        output.WriteLine($"At most {most / MB} MB more than before, {kept / MB} MB of it snapshots; {silent * members * 16_000L / MB} MB were asked for");
        kept.ShouldBeInRange(members * 16_000, 100L * MB);
        most.ShouldBeLessThan(100L * MB);
        await bystander.FenceAsync();
        foreach (var client in deaf) await client.DisposeAsync();
        await Wait.UntilAsync(server.Time, TimeSpan.FromSeconds(1), () => under.Bytes == 0);
    }

    private static StateChange.Publish Said(int by) => new(RawJson.FromText(Json.Quote($"{by}{new string('x', 16_000)}")));

    private static Task<TestServer> StartAsync(bool fakeTime = false) => TestServer.StartAsync(
        fakeTime: fakeTime,
        options: it => (it.CommandsPerSecond, it.CommandBurst, it.OutboundBytes, it.PingInterval) = (1_000_000, 1_000_000, Queue, TimeSpan.FromMinutes(10)));
}
