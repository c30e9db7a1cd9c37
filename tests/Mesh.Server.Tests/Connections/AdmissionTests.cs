using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §2, §12: how many connections a user and an address may have.</summary>
public sealed class AdmissionTests
{
    [Fact]
    public async Task A_user_has_so_many_connections_and_another_one_when_one_has_ended()
    {
        await using var server = await TestUsers.StartServerAsync(options: it => it.ConnectionsPerUser = 2);
        await using var first = await ConnectAsync(server, "alice");
        await using var second = await ConnectAsync(server, "alice");
        (await RefusedAsync(() => ConnectAsync(server, "alice"))).ShouldBe(429);
        await using var bystander = await Bystander.ArriveAsync(server, As("bob"));
        await using var nobody = await server.ConnectAsync();
        await using var nobodyElse = await server.ConnectAsync();
        await using var third = await server.ConnectAsync();

        await first.CloseAsync();
        await (await AdmittedAsync(() => ConnectAsync(server, "alice"))).DisposeAsync();
        await second.FenceAsync();
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task An_address_has_so_many_connections_whoever_they_are()
    {
        await using var server = await TestUsers.StartServerAsync(options: it => it.ConnectionsPerAddress = 2);
        await using var bystander = await Bystander.ArriveAsync(server, As("alice"));
        await using var second = await server.ConnectAsync();
        (await RefusedAsync(() => ConnectAsync(server, "bob"))).ShouldBe(429);
        second.Drop();
        await (await AdmittedAsync(() => ConnectAsync(server, "bob"))).DisposeAsync();
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Theory]
    [InlineData(2, 10_000, "alice")]
    [InlineData(100, 2, "alice")]
    [InlineData(100, 2, null)]
    public async Task As_many_may_have_dropped_and_of_more_the_oldest_ends(int ofUser, int ofAddress, string? user)
    {
        await using var server = await TestUsers.StartServerAsync(
            fakeTime: true,
            options: it => (it.ConnectionsPerUser, it.ConnectionsPerAddress) = (ofUser, ofAddress),
            after: app => app.UseForwardedHeaders(new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor }));
        await using var bystander = await Bystander.ArriveAsync(server, it => it.SetRequestHeader("X-Forwarded-For", "203.0.113.7"));
        var tokens = new List<string>();
        var ids = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            await using var client = await AdmittedAsync(() => ConnectAsync(server, user));
            tokens.Add((await client.OpenSessionAsync()).Token());
            ids.Add(client.Id);
            await client.EnterAsync("r");
            var before = Kept.Dropped(server);
            client.Drop();
            if (round < 2) await Wait.UntilAsync(() => Kept.Dropped(server) > before);
        }
        await server.UntilGoneAsync(ids[0]);

        // Nobody is refused for long, or not resumed, since they have dropped.
        await using var second = await AdmittedAsync(() => ConnectAsync(server, user));
        await using var third = await AdmittedAsync(() => ConnectAsync(server, user));
        (await second.OpenSessionAsync(tokens[1])).GetProperty("resumed").ShouldBe("true");
        (await third.OpenSessionAsync(tokens[2])).GetProperty("resumed").ShouldBe("true");
        await Wait.UntilAsync(() => Kept.Dropped(server) == 0);
        third.Drop();
        await server.UntilDroppedAsync(third.Id);
        server.Mesh.FindConnection(third.Id)!.Close();
        await server.UntilGoneAsync(third.Id);
        await Wait.UntilAsync(() => Kept.Dropped(server) == 0);
        await bystander.ShouldHaveNoticedNothingAsync();
    }

    [Fact]
    public async Task Who_is_gone_and_waits_for_a_store_that_is_away_takes_nobodys_place()
    {
        var sessions = new AwaySessions();
        // Time stands: nobody stops waiting.
        await using var server = await TestServer.StartAsync(
            fakeTime: true,
            options: it => (it.ConnectionsPerAddress, it.Grace) = (1, TimeSpan.Zero),
            services: builder => builder.Services.AddSingleton<ISessionStore>(sessions));
        await using var first = await server.OpenAsync();
        first.Drop();
        await (await AdmittedAsync(() => server.ConnectAsync())).DisposeAsync();
        sessions.HasEnded.ShouldBeFalse();
        sessions.Return();
        await Wait.UntilAsync(server.Time, TimeSpan.FromMilliseconds(100), () => sessions.HasEnded);
    }

    [Fact]
    public async Task Who_says_goodbye_is_answered_though_the_store_is_away()
    {
        var sessions = new AwaySessions();
        await using var server = await TestServer.StartAsync(services: builder => builder.Services.AddSingleton<ISessionStore>(sessions));
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        await client.CloseAsync();
        sessions.HasEnded.ShouldBeFalse();
        sessions.Return();
        await server.UntilEmptyAsync("r");
        sessions.HasEnded.ShouldBeTrue();
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", true)]
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)] // one customer's network
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public async Task Behind_a_proxy_addresses_are_those_that_it_forwards(string one, string other, bool areTheSame)
    {
        await using var server = await TestServer.StartAsync(
            options: it => it.ConnectionsPerAddress = 1,
            before: app => app.UseForwardedHeaders(new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor }));
        await using var first = await server.ConnectAsync(it => it.SetRequestHeader("X-Forwarded-For", one));
        Task<PlainClient> Other() => server.ConnectAsync(it => it.SetRequestHeader("X-Forwarded-For", other));
        if (areTheSame) (await RefusedAsync(Other)).ShouldBe(429);
        else await (await Other()).DisposeAsync();
    }

    [Fact]
    public async Task A_handler_without_end_keeps_no_place()
    {
        var (started, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await TestServer.StartAsync(
            options: it => (it.ConnectionsPerAddress, it.CloseTimeout) = (1, TimeSpan.FromMilliseconds(100)),
            mesh: it => it.AddCommand<RawJson, bool>("wait", async (_, _) =>
            {
                started.TrySetResult();
                await go.Task;
                return true;
            }));
        await using var first = await server.ConnectAsync();
        await first.SendAsync("wait");
        await started.Task;
        first.Drop();
        await (await AdmittedAsync(() => server.ConnectAsync())).DisposeAsync();
        go.SetResult();
    }

    private static Task<PlainClient> ConnectAsync(TestServer server, string? user) => server.ConnectAsync(As(user));

    private static Action<ClientWebSocketOptions> As(string? user) => it => it.SetRequestHeader(TestUsers.Header, user);

    private static async Task<int> RefusedAsync(Func<Task<PlainClient>> connect)
    {
        var refusal = await Should.ThrowAsync<WebSocketException>(connect);
        // The client tells the status in words alone.
        return refusal.Message.Contains("429", StringComparison.Ordinal) ? 429 : 0;
    }

    // A place is free once nothing of the connection that had it is kept, which nobody announces.
    private static async Task<PlainClient> AdmittedAsync(Func<Task<PlainClient>> connect)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await connect();
            }
            catch (WebSocketException) when (TimeProvider.System.GetElapsedTime(started) < Wait.Limit)
            {
                await Task.Delay(1);
            }
        }
    }

    // It can't be told that a session has ended, until it is back.
    private sealed class AwaySessions : ISessionStore
    {
        private readonly MemorySessionStore _inner = new();
        private volatile bool _isBack;

        event Action<string, int>? ISessionStore.Taken
        {
            add { }
            remove { }
        }

        public bool HasEnded { get; private set; }

        public void Return() => _isBack = true;

        public string NewToken(string connectionId) => _inner.NewToken(connectionId);

        public ValueTask<bool> SaveAsync(SavedSession session, CancellationToken cancellationToken) => _inner.SaveAsync(session, cancellationToken);

        public ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken) => _inner.TakeAsync(token, userId, cancellationToken);

        public ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken)
        {
            if (!_isBack) throw new MeshException(ErrorCodes.Unavailable, "The store is away.");
            HasEnded = true;
            return _inner.EndAsync(session, cancellationToken);
        }
    }
}
