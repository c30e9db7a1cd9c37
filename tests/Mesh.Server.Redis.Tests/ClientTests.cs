using System.Collections.Concurrent;
using Mesh.Client;

namespace Mesh.Server.Redis.Tests;

/// <summary>Clients of Mesh.Client on many nodes: what fails behind these is theirs to show, or not at all.</summary>
public sealed class ClientTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly string _prefix = $"clients-{Guid.NewGuid():n}";

    [Fact]
    public async Task While_Redis_is_away_views_are_stale_and_what_is_said_is_shown_when_it_is_back()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await Visitor.EnterAsync(one.Address, "alice");
        await using var bob = await Visitor.EnterAsync(two.Address, "bob");
        await alice.ShouldSeeAsync("alice: 1", "bob: 1");
        await bob.ShouldSeeAsync("alice: 1", "bob: 1");

        await redis.KillAsync();
        await Wait.UntilAsync(() => !alice.Presence.IsFresh);
        await Wait.UntilAsync(() => !bob.Presence.IsFresh);
        var said = alice.SayAsync("alice", 2);
        said.IsCompleted.ShouldBeFalse();

        await redis.StartAsync();
        await said.WaitAsync(Wait.Limit, Cancellation);
        foreach (var each in new[] { alice, bob })
        {
            await each.ShouldSeeAsync("alice: 2", "bob: 1");
            await Wait.UntilAsync(() => each.Presence.IsFresh);
        }
        one.Errors.Clear();
        two.Errors.Clear();
    }

    [Fact]
    public async Task A_client_whose_node_shuts_down_is_on_another_before_anybody_sees_it()
    {
        var one = await StartAsync();
        await using var two = await StartAsync();
        var port = one.Http.Port;
        await using var door = new TcpProxy(() => port);
        await using var alice = await Visitor.EnterAsync(new(door.Url), "alice");
        await using var bob = await Visitor.EnterAsync(two.Address, "bob");
        await bob.ShouldSeeAsync("alice: 1", "bob: 1");
        var id = alice.Client.ConnectionId;
        bob.Shown.Clear();

        port = two.Http.Port;
        await one.DisposeAsync();
        await Wait.UntilAsync(() => two.Mesh.FindConnection(id!) is { IsOpen: true });
        await alice.SayAsync("alice", 2);
        await bob.ShouldSeeAsync("alice: 2", "bob: 1");
        alice.Client.ConnectionId.ShouldBe(id);
        bob.Shown.ShouldNotContain(it => !it.Contains("alice", StringComparison.Ordinal));
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(mesh: it => it.AddRedis(redis.Address, options => options.Prefix = _prefix));

    internal sealed record Mood(string Name, int Value);

    private sealed class Visitor : IAsyncDisposable
    {
        private Visitor(Uri address) => Client = new(address.ToString(), new MeshClientOptions { Storage = new MemoryPresenceStorage() });

        public MeshClient Client { get; }

        public Presence<Mood> Presence { get; private set; } = null!;

        /// <summary>All views so far.</summary>
        public ConcurrentQueue<string> Shown { get; } = new();

        public static async Task<Visitor> EnterAsync(Uri address, string name)
        {
            var visitor = new Visitor(address);
            await visitor.Client.ConnectAsync(Cancellation);
            visitor.Presence = visitor.Client.CreatePresence(new PresenceOptions<Mood>
            {
                Room = "r",
                StorageKey = "r",
                StateIdentifier = state => state?.Name,
                OnUpdate = users => visitor.Shown.Enqueue(Text(users)),
            });
            await visitor.SayAsync(name, 1);
            return visitor;
        }

        public Task SayAsync(string name, int value) => Presence.PublishAsync(new(name, value), cancellationToken: Cancellation);

        public async Task ShouldSeeAsync(params string[] users)
        {
            try
            {
                await Wait.UntilAsync(() => Text(Presence.Users) == string.Join(", ", users));
            }
            catch (TimeoutException late)
            {
                throw new TimeoutException($"It shows {Text(Presence.Users)} ({Client.ConnectionId}, fresh: {Presence.IsFresh}) after {string.Join(" | ", Shown)}.", late);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Presence.DisposeAsync();
            await Client.DisposeAsync();
        }

        private static string Text(IEnumerable<PresenceUser<Mood>> users) =>
            string.Join(", ", users.Select(it => $"{it.Id}: {it.State?.Value}").Order(StringComparer.Ordinal));
    }
}
