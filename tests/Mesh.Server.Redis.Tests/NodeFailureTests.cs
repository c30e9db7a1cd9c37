using System.Globalization;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Redis.Tests;

/// <summary>Nodes that die, sleep, or find Redis empty: nobody is a ghost, and nobody is lost.</summary>
public sealed class NodeFailureTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(10);

    // For the way to an observer of a machine that has other things to do.
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "20")]
    public async Task Members_of_a_killed_node_leave_everywhere_within_ten_seconds()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        // Who judges others has itself renewed its lease for as long as one lasts.
        await using var observer = await ConnectAsync(two);
        await observer.SubscribeAsync("killed");
        await using var alice = await ConnectAsync(one);
        await alice.JoinAsync("killed");
        await alice.PublishPlainAsync("killed", "1");
        await observer.UntilAsync(() => observer.Events.Count == 2);

        var killed = TimeProvider.System.GetTimestamp();
        await one.KillAsync();
        await observer.UntilAsync(() => observer.Events.Count == 3);
        TimeProvider.System.GetElapsedTime(killed).ShouldBeLessThan(Dead + Busy);
        await observer.ShouldHaveEventsAsync(Joined("killed", alice.Id), State("killed", alice.Id, "1"), Left("killed", alice.Id));
        await using var newcomer = await ConnectAsync(two);
        (await newcomer.SubscribeAsync("killed")).GetProperty("present").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_node_that_slept_and_was_taken_for_dead_puts_its_members_back()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There are no signals.");
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var observer = await ConnectAsync(two);
        await observer.SubscribeAsync("slept");
        await using var alice = await ConnectAsync(one);
        await alice.JoinAsync("slept");
        await alice.PublishPlainAsync("slept", "1");
        await observer.UntilAsync(() => observer.Events.Count == 2);

        await one.PauseAsync();
        await observer.UntilAsync(() => observer.Events.Count == 3);
        await one.ContinueAsync();
        await observer.UntilAsync(() => observer.Events.Count == 5);
        await observer.ShouldHaveEventsAsync(
            Joined("slept", alice.Id), State("slept", alice.Id, "1"), Left("slept", alice.Id), Joined("slept", alice.Id), State("slept", alice.Id, "1"));
        await alice.PublishPlainAsync("slept", "2");
        await observer.UntilAsync(() => observer.Events.Count == 6);
    }

    [Fact]
    public async Task After_Redis_came_back_empty_everybody_is_there_with_their_states()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var alice = await ConnectAsync(one);
        await alice.JoinAsync("emptied");
        await alice.PublishPlainAsync("emptied", "1");
        await using var bob = await ConnectAsync(two);
        await bob.JoinAsync("emptied");
        await bob.PublishPlainAsync("emptied", "2");

        await redis.KillAsync();
        await redis.StartAsync();

        var wanted = new[] { (alice.Id, "1"), (bob.Id, "2") };
        foreach (var node in new[] { one, two })
        {
            var shown = Array.Empty<(string, string)>();
            await using var newcomer = await ConnectAsync(node);
            for (var started = TimeProvider.System.GetTimestamp(); !shown.SequenceEqual(wanted);)
            {
                TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20), string.Join(", ", shown));
                await Task.Delay(20, Cancellation);
                var answer = await newcomer.RequestAsync("mesh/subscribe-presence", Room("emptied"));
                shown = answer.TryGetProperty("states", out var states) ? [.. states.EnumerateObject().Select(it => (it.Name, it.Value.GetRawText())).OrderBy(it => it.Item2, StringComparer.Ordinal)] : [];
                await newcomer.RequestAsync("mesh/unsubscribe-presence", Room("emptied"));
            }
        }
    }

    private Task<DemoServer> StartAsync() => DemoServer.StartAsync($"--Mesh:Redis={redis.Address}");

    private static Task<PlainClient> ConnectAsync(DemoServer node) =>
        PlainClient.ConnectAsync(new(string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{node.Port}/")));
}
