using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §8: a revocation reaches also those whom it can't find among the connections.</summary>
public sealed class RevocationTests
{
    private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayGoOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("alice", true)]
    [InlineData("bob", false)]
    public async Task A_connection_that_was_authenticated_and_is_not_open_yet(string connecting, bool ends)
    {
        await using var server = await TestUsers.StartServerAsync(after: app => app.Use(async (http, next) =>
        {
            _waits.TrySetResult();
            await _mayGoOn.Task;
            await next(http);
        }));
        var opening = ConnectAsync(server, connecting);
        await _waits.Task.WaitAsync(Wait.Limit, Cancellation);
        await server.Mesh.RevokeAsync("alice", Cancellation);
        _mayGoOn.SetResult();

        await using var client = await opening;
        if (!ends)
        {
            await client.FenceAsync();
            return;
        }
        (await client.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        // Who signs in again after it stays.
        await using var again = await ConnectAsync(server, connecting);
        await again.FenceAsync();
    }

    [Fact]
    public async Task A_connection_that_comes_from_another_node_for_a_WebSocket_that_is_gone()
    {
        var store = new MovingStore(_waits, _mayGoOn.Task);
        await using var server = await TestUsers.StartServerAsync(fakeTime: true, mesh: it => it.Services.AddSingleton<ISessionStore>(store));
        await using var client = await ConnectAsync(server, "alice");
        await client.SendAsync("mesh/session", """{"resume":"elsewhere"}""");
        await _waits.Task.WaitAsync(Wait.Limit, Cancellation);
        await server.Mesh.RevokeAsync("alice", Cancellation);
        await server.UntilGoneAsync(client.Id);

        _mayGoOn.SetResult();
        await store.Answered.WaitAsync(Wait.Limit, Cancellation);
        server.Mesh.Connections.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(31, false)]
    public void They_are_remembered_as_long_as_somebody_may_be_on_the_way(int seconds, bool isRemembered)
    {
        var time = new FakeTimeProvider();
        var revocations = new Revocations(time);
        revocations.Add("alice");
        time.Advance(TimeSpan.FromSeconds(seconds));
        revocations.Add("bob");
        revocations.Include("alice", 0).ShouldBe(isRemembered);
        revocations.Include("alice", 1).ShouldBeFalse();
        revocations.Include("bob", 1).ShouldBeTrue();
        revocations.Include(null, 0).ShouldBeFalse();
    }

    private static Task<PlainClient> ConnectAsync(TestServer server, string user) => server.ConnectAsync(it => it.SetRequestHeader(TestUsers.Header, user));

    /// <summary>Another node has alice's connection, and takes its time to give it.</summary>
    private sealed class MovingStore(TaskCompletionSource asked, Task mayGive) : ISessionStore
    {
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        event Action<string, int>? ISessionStore.Taken
        {
            add { }
            remove { }
        }

        public Task Answered => _answered.Task;

        public string NewToken(string connectionId)
        {
            _answered.SetResult();
            return "new";
        }

        public ValueTask<bool> SaveAsync(SavedSession session, CancellationToken cancellationToken) => new(true);

        public async ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken)
        {
            asked.SetResult();
            await mayGive;
            return new(SessionTakeOutcome.Taken, new("conn-moving", 0, [], userId, null, default));
        }

        public ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken) => new(true);
    }
}
