using System.Text.Json;

namespace Mesh.Server.Tests.Presence;

/// <summary>Protocol §12: diffs wait for a slow receiver, and are made up for.</summary>
public sealed class SlowReceiverTests
{
    private static readonly string State = Json.Quote(new string('x', 15_000));

    [Fact]
    public async Task Diffs_are_held_back_and_made_up_for()
    {
        await using var server = await StartAsync();
        await using var slow = await server.OpenAsync();
        await using var member = await server.ConnectAsync();
        var replica = new RosterReplica();
        replica.Receive((await slow.EnterAsync("r")).GetProperty("snapshot").Deserialize(ProtocolJson.Default.Roster)!);
        await member.JoinAsync("r");
        slow.StopReading();
        await PublishUntilHeldBackAsync(server, slow, member);

        slow.ReadOn();
        await ConvergeAsync(server, slow, replica);
        slow.IsClosed.ShouldBeFalse();
        // What members had said that left meanwhile is not made up for.
        slow.Diffs().Any(it => it.TryGetProperty("missed", out _) && it.GetProperty("from").GetInt64() < it.GetProperty("to").GetInt64()).ShouldBeTrue();
    }

    [Fact]
    public async Task Who_fell_behind_further_than_the_history_is_told_to_resync()
    {
        await using var server = await StartAsync(history: 1);
        await using var slow = await server.OpenAsync();
        await using var member = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        var replica = new RosterReplica();
        replica.Receive((await slow.EnterAsync("r")).GetProperty("snapshot").Deserialize(ProtocolJson.Default.Roster)!);
        foreach (var one in new[] { member, other }) await one.JoinAsync("r");
        slow.StopReading();
        foreach (var one in new[] { member, other }) await PublishUntilHeldBackAsync(server, slow, one);

        slow.ReadOn();
        await slow.UntilAsync(() => slow.Diffs().Any(it => it.GetProperty("from").GetInt64() == it.GetProperty("to").GetInt64()));
        await ConvergeAsync(server, slow, replica);
    }

    [Fact]
    public async Task What_members_had_said_that_left_makes_no_diff_too_large()
    {
        await using var server = await StartAsync(flush: TimeSpan.FromMilliseconds(100), fakeTime: true);
        await using var observer = await server.OpenAsync();
        await observer.EnterAsync("r");
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        var members = new List<PlainClient>();
        for (var count = 0; count < 6; count++) members.Add(await server.OpenAsync(clientKey: $"a key of nobody but {count}"));
        foreach (var member in members) await member.EnterAsync("r", $$""","publish":{"state":{{State}}}""");
        foreach (var member in members) await member.LeaveAsync("r");
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        await observer.UntilAsync(() => observer.Diffs().Any(it => it.TryGetProperty("left", out var left) && left.GetArrayLength() >= 5));
        observer.Diffs().Last().GetProperty("missed").GetBoolean().ShouldBeTrue();
        observer.Diffs().Last().TryGetProperty("parting", out _).ShouldBeFalse();
        foreach (var member in members) await member.DisposeAsync();
    }

    [Fact]
    public async Task A_diff_larger_than_an_outbox_is_left_to_a_resync_and_closes_nobody()
    {
        await using var server = await StartAsync(flush: TimeSpan.FromMilliseconds(100), fakeTime: true);
        await using var observer = await server.OpenAsync();
        var replica = new RosterReplica();
        replica.Receive((await observer.EnterAsync("r")).GetProperty("snapshot").Deserialize(ProtocolJson.Default.Roster)!);
        var members = await server.ConnectAsync(6);
        foreach (var member in members)
        {
            await member.JoinAsync("r");
            await member.PublishPlainAsync("r", State);
        }
        server.Time.Advance(TimeSpan.FromMilliseconds(100));
        await observer.UntilAsync(() => observer.Diffs().Any(it => it.GetProperty("from").GetInt64() == it.GetProperty("to").GetInt64()));
        await ConvergeAsync(server, observer, replica);
        foreach (var member in members) await member.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_larger_than_an_outbox_closes_nobody()
    {
        await using var server = await StartAsync();
        var members = await server.ConnectAsync(6);
        foreach (var member in members) await member.JoinAsync("r");
        await using var client = await server.OpenAsync();
        var known = (await client.EnterAsync("r")).GetProperty("snapshot");
        foreach (var member in members) await member.PublishPlainAsync("r", State);

        var caughtUp = await client.EnterAsync("r", $$$""","known":{"epoch":{{{known.GetProperty("epoch")}}},"revision":{{{known.GetProperty("revision")}}}}""");
        caughtUp.GetProperty("diff").GetProperty("updated").GetArrayLength().ShouldBe(6);
        for (var at = 0; at < 10; at++) await client.SendAsync("mesh/enter", """{"rooms":[{"roomName":"r"}]}""");
        await client.FenceAsync();
        client.Frames.Count(it => it.Id is not null && it.Command == "mesh/enter").ShouldBe(12);
        foreach (var member in members) await member.DisposeAsync();
    }

    [Fact]
    public async Task A_plain_receiver_too_slow_learns_why_without_what_waited_for_it()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.CommandBurst, it.CommandsPerSecond) = (100_000, 100_000));
        await using var slow = await server.ConnectAsync();
        await using var member = await server.ConnectAsync();
        await slow.SubscribeAsync("r");
        await member.JoinAsync("r");
        slow.StopReading();
        var published = 0;
        for (; server.Mesh.FindConnection(slow.Id) is not null; published++) await member.PublishPlainAsync("r", State);

        slow.ReadOn();
        (await slow.Closed).ShouldBe(CloseCodes.SlowReceiver);
        (published - slow.Events.Count).ShouldBeGreaterThan(40); // of about 68 that fill the queue
    }

    [Fact]
    public async Task A_receiver_that_stopped_reading_is_ended_though_its_commands_wait_for_it()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.CommandBurst, it.CommandsPerSecond) = (100_000, 100_000));
        var members = await server.ConnectAsync(20);
        foreach (var member in members)
        {
            await member.JoinAsync("r");
            await member.PublishPlainAsync("r", State);
        }
        await using var stuck = await server.ConnectAsync();
        var transport = server.Mesh.FindConnection(stuck.Id)!.Transport!;
        stuck.StopReading();
        for (var at = 0; at < 120; at++) await stuck.SendAsync("mesh/subscribe-presence", PresenceRequests.Room("r"));
        // Nobody reads its commands any more, so its silence says nothing.
        await Wait.UntilAsync(() => transport.IsHeldUp);

        await Wait.UntilAsync(server.Time, TimeSpan.FromSeconds(1), () => server.Mesh.FindConnection(stuck.Id) is null);
        foreach (var member in members) await member.DisposeAsync();
    }

    private static Task<TestServer> StartAsync(int history = 1024, TimeSpan flush = default, bool fakeTime = false) => TestServer.StartAsync(
        options: it => (it.OutboundBytes, it.FlushInterval, it.HistoryLength, it.CommandBurst, it.CommandsPerSecond) = (64 * 1024, flush, history, 100_000, 100_000),
        fakeTime: fakeTime);

    private static async Task PublishUntilHeldBackAsync(TestServer server, PlainClient slow, PlainClient member)
    {
        var transport = server.Mesh.FindConnection(slow.Id)!.Transport!;
        for (var held = 0; held < 5;)
        {
            await member.PublishPlainAsync("r", State);
            if (transport.Subscriptions.AnyBehind) held++;
        }
    }

    /// <summary>Does what our clients do: applies diffs, and resyncs after a gap.</summary>
    private static async Task ConvergeAsync(TestServer server, PlainClient client, RosterReplica replica)
    {
        var truth = await server.Mesh.Room("r").ReadAsync(TestContext.Current.CancellationToken);
        var taken = 0;
        while (!truth.Equals(replica.Roster))
        {
            await client.UntilAsync(() => client.Diffs().Count() > taken);
            foreach (var diff in client.Diffs().Skip(taken).ToList())
            {
                taken++;
                if (replica.Receive(diff.Deserialize(ProtocolJson.Default.RosterDiff)!) == DiffOutcome.Gap)
                    replica.Receive((await client.EnterAsync("r")).GetProperty("snapshot").Deserialize(ProtocolJson.Default.Roster)!);
            }
        }
    }
}
