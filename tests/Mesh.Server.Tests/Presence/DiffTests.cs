using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Presence;

/// <summary>Protocol §10: diffs, coalesced for those who asked for them.</summary>
public sealed class DiffTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Diffs_without_a_session_or_membership()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");

        var subscribed = await observer.RequestAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":true}""");
        var epoch = subscribed.GetProperty("snapshot").GetProperty("epoch").GetInt64();
        subscribed.ShouldBe($$$"""{"success":true,"snapshot":{"epoch":{{{epoch}}},"revision":1,"members":[{"connectionId":"{{{client.Id}}}","number":1,"joinedAt":[{{{epoch}}},1]}]}}""");
        server.Time.Advance(Interval);
        await client.PublishPlainAsync("r", "1", ",\"expireAfter\":100");
        await observer.ShouldHaveEventsAsync(
            $$$$"""{"command":"mesh/presence-diff","payload":{"roomName":"r","epoch":{{{{epoch}}}},"from":1,"to":2,"updated":[{"number":1,"state":1,"stamp":[{{{{epoch}}}},2],"deadline":"<number>"}]}}""");
        (await observer.RequestAsync("mesh/subscribe-presence", $$$"""{"roomName":"r","diffs":true,"known":{"epoch":{{{epoch}}},"revision":2}}""")).ShouldBe(
            $$$"""{"success":true,"diff":{"epoch":{{{epoch}}},"from":2,"to":2}}""");
        (await observer.RequestAsync("mesh/unsubscribe-presence", Room("r"))).ShouldBe("true");
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await client.LeaveAsync("r");
        await observer.FenceAsync();
        observer.Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_quiet_rooms_change_is_sent_at_once_and_a_busy_ones_once_per_interval_the_latest_of_each_member()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.OpenAsync();
        await using var a = await server.ConnectAsync();
        await using var b = await server.ConnectAsync();
        var epoch = (await observer.EnterAsync("r")).GetProperty("snapshot").GetProperty("epoch").GetInt64();
        server.Time.Advance(Interval);

        await a.JoinAsync("r");
        await observer.FenceAsync();
        observer.Diffs().Single().GetProperty("to").GetInt64().ShouldBe(2);

        for (var at = 0; at < 5; at++) await a.PublishPlainAsync("r", $"{at}");
        await b.JoinAsync("r");
        await b.PublishPlainAsync("r", "\"silent\"", ",\"silent\":true");
        await a.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":{"m":1}}""");
        server.Time.Advance(Interval - TimeSpan.FromMilliseconds(1));
        await observer.FenceAsync();
        observer.Diffs().Count().ShouldBe(1);
        server.Time.Advance(TimeSpan.FromMilliseconds(1));
        await observer.FenceAsync();

        observer.Diffs().Count().ShouldBe(2);
        observer.Diffs().Last().ShouldBe(
            $$$$"""
            {"roomName":"r","epoch":{{{{epoch}}}},"from":2,"to":10,
             "joined":[{"connectionId":"{{{{b.Id}}}}","number":3,"state":"silent","stamp":[{{{{epoch}}}},9],"joinedAt":[{{{{epoch}}}},8]}],
             "updated":[{"number":2,"state":4,"stamp":[{{{{epoch}}}},7],"metadata":{"m":1}}]}
            """);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await observer.FenceAsync();
        observer.Diffs().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Who_joined_and_left_within_an_interval_is_in_left()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.OpenAsync();
        await using var client = await server.ConnectAsync();
        var epoch = (await observer.EnterAsync("r")).GetProperty("snapshot").GetProperty("epoch").GetInt64();
        await client.JoinAsync("r");
        await client.PublishPlainAsync("r", "1");
        await client.LeaveAsync("r");
        await client.JoinAsync("r");
        await client.LeaveAsync("r");
        server.Time.Advance(Interval);
        await observer.FenceAsync();
        observer.Diffs().Last().ShouldBe($$$"""{"roomName":"r","epoch":{{{epoch}}},"from":"<number>","to":6,"left":[2,3]}""");
    }

    [Fact]
    public async Task What_was_said_and_not_told_before_its_member_left_is_told_to_its_siblings()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var phone = await server.OpenAsync(clientKey: "0123456789abcdef");
        await using var laptop = await server.OpenAsync(clientKey: "0123456789abcdef");
        await phone.EnterAsync("r");
        var me = (await laptop.EnterAsync("r")).GetProperty("snapshot").GetProperty("members")[1];
        server.Time.Advance(Interval);
        await laptop.PublishAsync("r", "1");
        await laptop.PublishAsync("r", "2");
        await laptop.LeaveAsync("r");
        server.Time.Advance(Interval);
        await phone.FenceAsync();
        var epoch = phone.Diffs().Last().GetProperty("epoch").GetInt64();
        phone.Diffs().Last().ShouldBe(
            $$$$"""
            {"roomName":"r","epoch":{{{{epoch}}}},"from":"<number>","to":5,"left":[2],
             "parting":[{"sibling":"{{{{me.GetProperty("sibling").GetString()}}}}","state":2,"stamp":[{{{{epoch}}}},4]}]}
            """);

        // It is told once.
        await phone.PublishAsync("r", "3");
        server.Time.Advance(Interval);
        await phone.FenceAsync();
        phone.Diffs().Last().TryGetProperty("parting", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_not_told_yet_when_an_epoch_begins_is_told_before_it()
    {
        await using var server = await TestServer.StartAsync(
            fakeTime: true, services: it => it.Services.AddSingleton<IRoomStore>(services => new UnreliableStore(ActivatorUtilities.CreateInstance<MemoryRoomStore>(services))));
        var store = (UnreliableStore)server.Get<IRoomStore>();
        await using var phone = await server.OpenAsync(clientKey: "0123456789abcdef");
        await using var laptop = await server.OpenAsync(clientKey: "0123456789abcdef");
        await phone.EnterAsync("r");
        await laptop.EnterAsync("r");
        server.Time.Advance(Interval);
        await phone.FenceAsync();
        // The first is told at once, and what follows waits.
        await phone.PublishAsync("r", "0");
        await laptop.PublishAsync("r", "1");
        await laptop.LeaveAsync("r");
        store.Shows = it => Roster.Create(it.Epoch + 1, 0, it.Members);
        store.Doubt();

        await phone.UntilAsync(() => phone.Diffs().Any(it => it.TryGetProperty("parting", out _)));
        server.Time.Advance(Interval);
        await phone.UntilAsync(() => phone.Diffs().Last().GetProperty("from").GetInt64() == phone.Diffs().Last().GetProperty("to").GetInt64());
        phone.Diffs().Last().GetProperty("epoch").GetInt64().ShouldBe(phone.Diffs().First().GetProperty("epoch").GetInt64() + 1);
    }

    [Fact]
    public async Task The_last_way_to_subscribe_wins_and_nothing_is_told_twice()
    {
        await using var server = await TestServer.StartAsync(options: it => it.FlushInterval = TimeSpan.Zero);
        await using var observer = await server.ConnectAsync();
        await using var client = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await observer.RequestAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":true}""");
        await client.JoinAsync("r");
        await observer.FenceAsync();
        observer.Events.Select(it => it.Command).Single().ShouldBe("mesh/presence-diff");
        await observer.SubscribeAsync("r");
        await client.LeaveAsync("r");
        await observer.FenceAsync();
        observer.Events.Count.ShouldBe(2);
        observer.Events[1].Command.ShouldBe("mesh/presence-update");
    }

    [Fact]
    public async Task Each_receiver_of_each_kind_has_the_same_roster_after_any_sequence()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await TestServer.StartAsync(options: it => (it.CommandBurst, it.CommandsPerSecond) = (100_000, 100_000));
        await using var early = await server.OpenAsync();
        var replica = new RosterReplica();
        replica.Receive((await early.EnterAsync("r")).GetProperty("snapshot").Deserialize(ProtocolJson.Default.Roster)!);
        var members = await server.ConnectAsync(6);
        var acts = members.Select(member => Task.Run(async () =>
        {
            var own = new Random(HashCode.Combine(seed, member.Id));
            for (var at = 0; at < 150; at++)
            {
                await (own.Next(6) switch
                {
                    0 => member.LeaveAsync("r"),
                    1 or 2 => member.JoinAsync("r"),
                    3 => member.ClearAsync("r"),
                    4 => member.RequestAsync("mesh/set-my-connection-metadata", $$"""{"metadata":{{(own.Next(2) == 0 ? "null" : $"{at}")}}}"""),
                    _ => member.PublishPlainAsync("r", $"{at}"),
                });
            }
        }));
        await Task.WhenAll(acts);
        var truth = await server.Mesh.Room("r").ReadAsync(TestContext.Current.CancellationToken);
        await early.UntilAsync(() => early.Diffs().LastOrDefault() is { ValueKind: JsonValueKind.Object } last && last.GetProperty("to").GetInt64() == truth.Revision);

        foreach (var diff in early.Diffs()) replica.Receive(diff.Deserialize(ProtocolJson.Default.RosterDiff)!).ShouldNotBe(DiffOutcome.Gap, $"seed {seed}");
        replica.Roster.ShouldBe(truth, $"seed {seed}");
        await using var late = await server.OpenAsync();
        var snapshot = (await late.RequestAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":true}""")).GetProperty("snapshot");
        snapshot.Deserialize(ProtocolJson.Default.Roster).ShouldBe(truth, $"seed {seed}");
        foreach (var member in members) await member.DisposeAsync();
    }
}
