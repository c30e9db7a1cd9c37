using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Presence;

/// <summary>Protocol §7 and §9: states that expire.</summary>
public sealed class ExpiryTests
{
    private const long Now = 1_893_456_000_000;

    [Fact]
    public async Task An_expired_state_gives_one_null()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.ConnectAsync();
        await client.SubscribeAsync("r");
        await client.JoinAsync("r");
        await client.PublishPlainAsync("r", "1", ",\"expireAfter\":500");

        server.Time.Advance(TimeSpan.FromMilliseconds(499));
        await client.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"));
        server.Time.Advance(TimeSpan.FromMilliseconds(1));
        await client.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"), State("r", client.Id, "null", $"{Now + 500}"));
        server.Time.Advance(TimeSpan.FromSeconds(10));
        await client.FenceAsync();
        client.Events.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(",\"expireAfter\":0")]
    [InlineData("")]
    [InlineData(",\"expireAfter\":null")]
    public async Task Zero_or_nothing_is_never(string never)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => it.PingInterval = TimeSpan.FromHours(1));
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("r");
        await client.PublishPlainAsync("r", "1", never);
        server.Time.Advance(TimeSpan.FromMinutes(100));
        (await client.StatesAsync("r")).GetProperty("states").GetProperty(client.Id).ShouldBe("1");
    }

    [Fact]
    [Trait("Fault", "14")]
    public async Task A_state_published_again_around_its_expiry_is_not_shown_as_null()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => (it.CommandBurst, it.CommandsPerSecond) = (10_000, 10_000));
        await using var client = await server.ConnectAsync();
        await client.SubscribeAsync("r");
        await client.JoinAsync("r");
        for (var round = 0; round < 100; round++)
        {
            client.Forget();
            await client.PublishPlainAsync("r", $"{round}", ",\"expireAfter\":100");
            server.Time.Advance(TimeSpan.FromMilliseconds(99));
            // The clock and the publish race: whichever wins, null never comes after what was published last.
            var publishing = client.PublishPlainAsync("r", "\"again\"");
            server.Time.Advance(TimeSpan.FromMilliseconds(1));
            await publishing;
            server.Time.Advance(TimeSpan.FromMilliseconds(200));
            await client.FenceAsync();

            var states = client.Events.Select(it => it.Payload.GetProperty("state").ToString()).ToList();
            states[^1].ShouldBe("again");
            states.Count(it => it.Length == 0).ShouldBeLessThan(2);
            (await client.StatesAsync("r")).GetProperty("states").GetProperty(client.Id).ShouldBe("\"again\"");
        }
    }

    [Fact]
    public async Task A_later_publish_has_a_deadline_of_its_own()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.ConnectAsync();
        await client.SubscribeAsync("r");
        await client.JoinAsync("r");
        await client.PublishPlainAsync("r", "1", ",\"expireAfter\":500");
        server.Time.Advance(TimeSpan.FromMilliseconds(400));
        await client.PublishPlainAsync("r", "2", ",\"expireAfter\":500");
        server.Time.Advance(TimeSpan.FromMilliseconds(499));
        await client.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"), State("r", client.Id, "2"));
        server.Time.Advance(TimeSpan.FromMilliseconds(1));
        await client.UntilAsync(() => client.Events.Count == 4);
        await client.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"), State("r", client.Id, "2"), State("r", client.Id, "null"));
    }

    [Fact]
    public async Task A_clear_or_a_leave_before_the_expiry_leaves_nothing_to_expire()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var client = await server.ConnectAsync();
        await client.SubscribeAsync("r");
        await client.JoinAsync("r");
        await client.PublishPlainAsync("r", "1", ",\"expireAfter\":500");
        await client.ClearAsync("r");
        await client.PublishPlainAsync("r", "2", ",\"expireAfter\":500");
        await client.LeaveAsync("r");
        await client.JoinAsync("r");
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await client.ShouldHaveEventsAsync(
            Joined("r", client.Id), State("r", client.Id, "1"), State("r", client.Id, "null"), State("r", client.Id, "2"), Left("r", client.Id), Joined("r", client.Id));
    }

    [Fact]
    public async Task A_restored_state_keeps_its_deadline()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var first = await server.OpenAsync();
        await first.EnterAsync("r");
        var stamp = (await first.PublishAsync("r", "1", ",\"expireAfter\":1000")).GetProperty("stamp").GetRawText();
        await using var second = await server.OpenAsync();
        (await second.EnterAsync("r", $$""","restore":{"state":1,"stamp":{{stamp}},"deadline":{{Now + 1000}}}""")).GetProperty("deadline").ShouldBe($"{Now + 1000}");

        server.Time.Advance(TimeSpan.FromMilliseconds(999));
        (await first.StatesAsync("r")).GetProperty("states").EnumerateObject().Count().ShouldBe(2);
        server.Time.Advance(TimeSpan.FromMilliseconds(1));
        (await first.StatesAsync("r")).GetProperty("states").EnumerateObject().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deadline_beyond_what_a_timer_can_hold_is_kept_too()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, options: it => it.PingInterval = TimeSpan.FromHours(1));
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        var stamp = (await client.PublishAsync("r", "0")).GetProperty("stamp");
        await client.LeaveAsync("r");
        var deadline = Now + (long)TimeSpan.FromDays(60).TotalMilliseconds;

        var entered = await client.EnterAsync("r", $$""","restore":{"state":1,"stamp":{{stamp.GetRawText()}},"deadline":{{deadline}}}""");
        entered.GetProperty("success").ShouldBe("true");
        entered.GetProperty("restored").ShouldBe("true");
        await client.LeaveAsync("r");
        (await client.EnterAsync("r", $$""","restore":{"state":1,"stamp":{{stamp.GetRawText()}},"deadline":253402300799999}""")).GetProperty("restored").ShouldBe("true");
        (await client.StatesAsync("r")).GetProperty("states").GetProperty(client.Id).ShouldBe("1");
    }

    [Fact]
    public async Task A_state_expires_while_its_connection_is_within_the_grace()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true);
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        await client.PublishAsync("r", "1", ",\"expireAfter\":3000");
        client.Drop();
        await server.UntilDroppedAsync(client.Id);
        server.Time.Advance(TimeSpan.FromSeconds(3));
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id), State("r", client.Id, "1"), State("r", client.Id, "null"));
    }
}
