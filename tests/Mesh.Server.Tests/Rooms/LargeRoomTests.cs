using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Rooms;

/// <summary>To read a large room costs what all nodes share: nobody can have it read again and again.</summary>
public sealed class LargeRoomTests
{
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mesh/get-presence-state", null)]
    [InlineData("mesh/subscribe-presence", "mesh/unsubscribe-presence")]
    [InlineData("mesh/join-room", "mesh/leave-room")]
    public async Task It_is_read_once_however_often_somebody_looks_and_forgotten_after_that(string command, string? undo)
    {
        await using var server = await StartAsync();
        var store = await FillAsync(server);
        await using var client = await server.ConnectAsync();
        var before = store.Reads;
        for (var time = 0; time < 10; time++)
        {
            await client.RequestAsync(command, Room("r"));
            if (undo is not null) await client.RequestAsync(undo, Room("r"));
        }
        (store.Reads - before).ShouldBe(1);
        Kept.Rooms(server).ShouldBe(1);
        server.Time.Advance(s_linger);
        Kept.Rooms(server).ShouldBe(0);
    }

    [Fact]
    public async Task Who_looks_while_it_is_kept_sees_what_has_changed_and_keeps_it()
    {
        await using var server = await StartAsync();
        var store = await FillAsync(server);
        await using var client = await server.ConnectAsync();
        await client.StatesAsync("r");
        await store.JoinAsync("r", new("late"), new StateChange.Publish(new("1"u8.ToArray())), Cancellation);
        (await client.StatesAsync("r")).GetProperty("states").GetProperty("late").ShouldBe("1");
        await client.SubscribeAsync("r");
        server.Time.Advance(s_linger);
        await store.LeaveAsync("r", "late", Cancellation);
        await client.UntilAsync(() => client.Events.Any(it => it.Text.Contains("\"leave\"", StringComparison.Ordinal)));

        // And once more, as if it had never been kept.
        var before = store.Reads;
        await client.RequestAsync("mesh/unsubscribe-presence", Room("r"));
        await client.StatesAsync("r");
        store.Reads.ShouldBe(before);
        server.Time.Advance(s_linger);
        Kept.Rooms(server).ShouldBe(0);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(fakeTime: true, services: builder => builder.Services.AddSingleton<IRoomStore>(
        services => new UnreliableStore(ActivatorUtilities.CreateInstance<MemoryRoomStore>(services))));

    private static async Task<UnreliableStore> FillAsync(TestServer server)
    {
        var store = (UnreliableStore)server.Get<IRoomStore>();
        for (var at = 0; at < 100; at++) await store.JoinAsync("r", new($"elsewhere {at}"), null, Cancellation);
        return store;
    }
}
