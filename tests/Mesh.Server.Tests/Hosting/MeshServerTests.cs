using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Hosting;

/// <summary>Mesh as the application's own code uses it.</summary>
public sealed class MeshServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_and_states_of_a_room()
    {
        await using var server = await TestServer.StartAsync();
        await using var a = await server.ConnectAsync();
        await using var b = await server.ConnectAsync();
        var room = server.Mesh.Room("r");
        room.Name.ShouldBe("r");
        (await room.ReadAsync(Cancellation)).Count.ShouldBe(0);
        await a.JoinAsync("r");
        await b.JoinAsync("r");
        await b.PublishPlainAsync("r", """{"status":"busy"}""");

        (await room.ReadAsync(Cancellation)).Members.Select(it => it.ConnectionId).ShouldBe([a.Id, b.Id]);
        var states = await room.StatesAsync<Shown>(Cancellation);
        states.Single().ShouldBe(new(b.Id, new("busy")));
        (await Should.ThrowAsync<MeshException>(async () => await room.StatesAsync<int>(Cancellation))).Code.ShouldBe("EINVALID");
    }

    [Fact]
    public async Task A_connection_is_added_and_removed_like_by_its_own_commands()
    {
        await using var server = await TestServer.StartAsync(options: it => it.MembersPerRoom = 1);
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        await client.SubscribeAsync("r");
        var room = server.Mesh.Room("r");

        (await room.AddAsync(client.Id, Cancellation)).ShouldBeTrue();
        (await room.AddAsync(client.Id, Cancellation)).ShouldBeTrue();
        (await room.AddAsync("conn-nobody", Cancellation)).ShouldBeFalse();
        (await Should.ThrowAsync<MeshException>(async () => await room.AddAsync(other.Id, Cancellation))).Code.ShouldBe("ELIMIT");
        (await client.PublishPlainAsync("r", "1")).ShouldBe("true");
        (await room.RemoveAsync(client.Id, TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await room.RemoveAsync(client.Id, TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await room.RemoveAsync("conn-nobody", TestContext.Current.CancellationToken)).ShouldBeFalse();
        await client.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"), Left("r", client.Id));
    }

    [Fact]
    public async Task Broadcasts_go_to_all_to_a_room_or_to_all_but_some()
    {
        await using var server = await TestServer.StartAsync();
        await using var member = await server.ConnectAsync();
        await using var session = await server.OpenAsync();
        await using var outsider = await server.ConnectAsync();
        await member.JoinAsync("r");
        await session.JoinAsync("r");
        await outsider.SubscribeAsync("r");

        await server.Mesh.BroadcastAsync("all", new { Text = "hé" }, cancellationToken: Cancellation);
        await server.Mesh.BroadcastAsync("but-one", 1, [member.Id, "conn-nobody"], Cancellation);
        await server.Mesh.Room("r").BroadcastAsync("hello-room", 2, cancellationToken: Cancellation);
        await server.Mesh.Room("r").BroadcastAsync("room-but-one", 3, [session.Id], Cancellation);
        await server.Mesh.Room("empty").BroadcastAsync("nobody", 4, cancellationToken: Cancellation);
        await server.Mesh.BroadcastAsync<RawJson>("bare", default, cancellationToken: Cancellation);

        const string all = """{"command":"all","payload":{"text":"hé"}}""", butOne = """{"command":"but-one","payload":1}""", room = """{"command":"hello-room","payload":2}""",
            roomButOne = """{"command":"room-but-one","payload":3}""", bare = """{"command":"bare"}""";
        await member.ShouldHaveEventsAsync(all, room, roomButOne, bare);
        await session.ShouldHaveEventsAsync(all, butOne, room, bare);
        await outsider.ShouldHaveEventsAsync(all, butOne, bare);
    }

    [Fact]
    public async Task Who_left_a_room_gets_its_broadcasts_no_more()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        await client.LeaveAsync("r");
        await server.Mesh.Room("r").BroadcastAsync("late", 1, cancellationToken: Cancellation);
        await client.ShouldHaveEventsAsync();
    }

    [Fact]
    public async Task Connections_are_announced_once_and_a_resumed_one_not_again()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var told = new ConcurrentQueue<string>();
        server.Mesh.Connected += (_, it) => told.Enqueue("+" + it.Connection.Id);
        server.Mesh.Disconnected += (_, it) => told.Enqueue("-" + it.Connection.Id);

        await using var plain = await server.ConnectAsync();
        await plain.FenceAsync();
        await plain.FenceAsync();
        await plain.CloseAsync();
        await Wait.UntilAsync(() => told.Count == 2);
        told.ShouldBe(["+" + plain.Id, "-" + plain.Id]);
        told.Clear();

        var (session, token) = await server.OpenWithTokenAsync();
        await session.FenceAsync();
        session.Drop();
        await server.UntilDroppedAsync(session.Id);
        var (back, _) = await server.OpenWithTokenAsync(token);
        await back.FenceAsync();
        told.ShouldBe(["+" + session.Id]);
        back.Drop();
        await server.UntilDroppedAsync(session.Id);
        told.Count.ShouldBe(1);
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await Wait.UntilAsync(() => told.Count == 2);
        told.ShouldBe(["+" + session.Id, "-" + session.Id]);
        await session.DisposeAsync();
        await back.DisposeAsync();
    }

    [Fact]
    public async Task What_a_connection_was_before_it_resumed_another_leaves()
    {
        await using var server = await TestServer.StartAsync();
        var (dropped, token) = await server.OpenWithTokenAsync();
        dropped.Drop();
        await server.UntilDroppedAsync(dropped.Id);
        await using var back = await server.ConnectAsync();
        var fresh = server.Mesh.FindConnection(back.Id)!;
        (await server.Mesh.Room("r").AddAsync(fresh.Id, Cancellation)).ShouldBeTrue();
        await back.OpenSessionAsync(token);
        back.Id.ShouldBe(dropped.Id);
        await server.UntilEmptyAsync("r");
        fresh.Rooms.ShouldBeEmpty();
        await dropped.DisposeAsync();
    }

    [Fact]
    public async Task An_event_larger_than_an_outbound_queue_is_refused_and_ends_nobody()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        var large = new string('x', 1024 * 1024);
        (await Should.ThrowAsync<MeshException>(async () => await server.Mesh.BroadcastAsync("large", large, cancellationToken: Cancellation))).Code.ShouldBe(ErrorCodes.TooLarge);
        (await Should.ThrowAsync<MeshException>(async () => await server.Mesh.Room("r").BroadcastAsync("large", large, cancellationToken: Cancellation))).Code.ShouldBe(ErrorCodes.TooLarge);
        Should.Throw<MeshException>(() => server.Mesh.FindConnection(client.Id)!.Send("large", large)).Code.ShouldBe(ErrorCodes.TooLarge);
        await client.ShouldHaveEventsAsync();
    }

    [Fact]
    public async Task A_connection_that_only_listens_is_announced_by_its_first_ping()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        var told = new ConcurrentQueue<string>();
        server.Mesh.Connected += (_, it) => told.Enqueue(it.Connection.Id);
        await using var client = await server.ConnectAsync();
        await Wait.UntilAsync(server.Time, TimeSpan.FromSeconds(1), () => !told.IsEmpty);
        told.ShouldBe([client.Id]);
    }

    [Fact]
    public async Task The_going_is_told_after_the_coming_even_while_that_is_being_told()
    {
        await using var server = await TestServer.StartAsync();
        var told = new ConcurrentQueue<string>();
        using var mayTell = new ManualResetEventSlim();
        server.Mesh.Connected += (_, _) =>
        {
            mayTell.Wait(Wait.Limit);
            told.Enqueue("came");
        };
        server.Mesh.Disconnected += (_, _) => told.Enqueue("went");
        await using var client = await server.ConnectAsync();
        await client.SendAsync("mesh/noop");
        await Wait.UntilAsync(() => server.Mesh.FindConnection(client.Id)!.IsAnnounced);
        client.Drop();
        await server.UntilGoneAsync(client.Id);
        mayTell.Set();
        await Wait.UntilAsync(() => told.Count == 2);
        told.ShouldBe(["came", "went"]);
    }

    [Fact]
    public async Task What_a_handler_of_an_event_throws_harms_nobody()
    {
        await using var server = await TestServer.StartAsync();
        var told = 0;
        server.Mesh.Connected += (_, _) => throw new InvalidOperationException("mine");
        server.Mesh.Connected += (_, _) => Interlocked.Increment(ref told);
        await using var client = await server.ConnectAsync();
        await client.FenceAsync();
        told.ShouldBe(1);
        server.Errors.All.Count.ShouldBe(1);
        server.Errors.Clear();
    }

    [Fact]
    public async Task Who_came_also_went_however_short_the_stay()
    {
        await using var server = await TestServer.StartAsync(options: it => (it.Grace, it.ReloadGrace) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)));
        var open = new ConcurrentDictionary<string, int>();
        var twice = 0;
        server.Mesh.Connected += (_, it) => _ = open.TryAdd(it.Connection.Id, 0) ? 0 : Interlocked.Increment(ref twice);
        server.Mesh.Disconnected += (_, it) => _ = open.TryRemove(it.Connection.Id, out var _) ? 0 : Interlocked.Increment(ref twice);
        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async at =>
            {
                await using var client = await server.ConnectAsync();
                await client.SendAsync(at % 2 == 0 ? "mesh/session" : "mesh/noop");
                await client.SendAsync("mesh/noop");
                if (at % 3 == 0) await client.CloseAsync();
                else client.Drop();
            }));
        }
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 0);
        await Wait.UntilAsync(() => open.IsEmpty);
        twice.ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_can_be_sent_to_and_closed_with_a_code_that_says_why()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var connection = server.Mesh.FindConnection(client.Id)!;
        connection.IsOpen.ShouldBeTrue();
        connection.UserId.ShouldBeNull();
        connection.Send("told", 1).ShouldBeTrue();
        Should.Throw<ArgumentOutOfRangeException>(() => connection.Close(1001));
        Should.Throw<ArgumentOutOfRangeException>(() => connection.Close(5000));
        connection.Close(4123, "bye ü");
        (await client.Closed).ShouldBe(4123);
        client.CloseReason.ShouldBe("bye ü");
        client.Events.Single().Root.ShouldBe("""{"command":"told","payload":1}""");
        await server.UntilGoneAsync(client.Id);
        connection.IsOpen.ShouldBeFalse();
        connection.Send("told", 2).ShouldBeFalse();
        connection.Close();
    }

    [Theory]
    [InlineData(4100)]
    [InlineData(4199)]
    [InlineData(1000)]
    [InlineData(4000)]
    [InlineData(4200)]
    public async Task A_session_that_the_application_ended_leaves_at_once(int code)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        server.Mesh.FindConnection(client.Id)!.Close(code);
        (await client.Closed).ShouldBe(code);
        await server.UntilGoneAsync(client.Id);
        await server.UntilEmptyAsync("r");
    }

    [Fact]
    public async Task A_reason_is_as_long_as_a_close_frame_takes()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var connection = server.Mesh.FindConnection(client.Id)!;
        Should.Throw<ArgumentException>(() => connection.Close(4100, new string('ü', 62)));
        connection.Close(4100, new string('x', 123));
        (await client.Closed).ShouldBe(4100);
        client.CloseReason!.Length.ShouldBe(123);
    }

    [Fact]
    public async Task Rooms_have_valid_names_only()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var name in new[] { "", "a\0", "\ud800", new string('r', 257) }) Should.Throw<ArgumentException>(() => server.Mesh.Room(name));
    }

    [Fact]
    public async Task It_is_injected_anywhere()
    {
        await using var server = await TestServer.StartAsync(
            services: it => it.Services.AddRouting(),
            before: app => app.MapGet("/count", (MeshServer mesh) => mesh.Connections.Count));
        await using var client = await server.ConnectAsync();
        using var http = new HttpClient();
        (await http.GetStringAsync(new Uri(server.Http, "/count"), Cancellation)).ShouldBe("1");
    }

    private sealed record Shown(string Status);
}
