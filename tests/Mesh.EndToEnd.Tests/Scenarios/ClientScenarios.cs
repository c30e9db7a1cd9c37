namespace Mesh.EndToEnd.Tests;

/// <summary>The client's connection by itself.</summary>
public sealed class ClientScenarios(Chromium chromium) : Scenario(chromium)
{
    [Fact]
    [Trait("Fault", "9")]
    public async Task A_healthy_idle_client_never_reconnects()
    {
        await BeginAsync("--Mesh:PingInterval=00:00:02");
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.EnterAsync();
        await alice.SayAsync("idle");
        await alice.RunAsync("window.pings = 0; client.on('ping', () => pings++);");

        await alice.UntilAsync("pings >= 5");

        (await alice.ValueAsync<string[]>("events")).ShouldBe(["connect"]);
        await Observer.LogIsAsync("join 1", "state 1 alice/idle");
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task Close_during_an_outage_resolves_and_stays_closed()
    {
        await BeginAsync("--Mesh:Grace=00:00:01");
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        await alice.EnterAsync();
        await alice.SayAsync("here");
        network.Refuse();
        network.Drop();
        await alice.UntilAsync("client.status === Status.RECONNECTING && events.includes('error')");

        (await alice.ValueAsync<string>("outcome(client.close())")).ShouldBe("resolved");
        var attempts = network.Accepted;
        network.Forward();

        await Observer.SettleAsync(TimeSpan.FromSeconds(3));
        network.Accepted.ShouldBe(attempts);
        (await alice.ValueAsync<bool>("client.status === Status.OFFLINE")).ShouldBeTrue();
        await Observer.LogIsAsync("join 1", "state 1 alice/here", "leave 1");
        (await alice.ValueAsync<string>("outcome(users.publish({ userId: 'alice' }))")).ShouldBe("ECLOSED");

        // Until the application wants it again.
        await alice.RunAsync("await client.connect()");
        await Observer.HearsAsync("join 2");
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task Close_in_a_black_hole_resolves()
    {
        await BeginAsync();
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        await alice.EnterAsync();
        network.BlackHole();
        (await alice.ValueAsync<string>("outcome(client.close())")).ShouldBe("resolved");
        (await alice.ValueAsync<bool>("client.status === Status.OFFLINE")).ShouldBeTrue();
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task Close_before_the_first_connection_rejects_connect()
    {
        await BeginAsync();
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        network.Refuse();
        await alice.RunAsync("window.connected = outcome(connect());");
        await alice.UntilAsync("events.filter((event) => event === 'error').length >= 2");
        (await alice.ValueAsync<string>("outcome(client.close())")).ShouldBe("resolved");
        (await alice.ValueAsync<string>("connected")).ShouldBe("ECLOSED");
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task A_failed_first_connect_is_tried_again_and_its_promise_waits()
    {
        await BeginAsync();
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        network.Refuse();
        await alice.RunAsync("window.connected = outcome(connect()); present('users'); window.published = outcome(users.publish({ userId: 'alice', status: 'at last' }));");
        await alice.UntilAsync("events.filter((event) => event === 'error').length >= 2");

        network.Forward();

        (await alice.ValueAsync<string>("connected")).ShouldBe("resolved");
        (await alice.ValueAsync<string>("published")).ShouldBe("resolved");
        await alice.ShowsAsync("alice: at last (tabs: 1)");
        await Observer.LogIsAsync("join 1", "state 1 alice/at last");
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task Pending_commands_reject_when_the_connection_drops()
    {
        await BeginAsync();
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        await alice.EnterAsync();
        network.BlackHole();
        await alice.RunAsync("window.pending = outcome(client.command('mesh/noop'));");
        network.Forward();
        network.Drop();
        (await alice.ValueAsync<string>("pending")).ShouldBe("ECLOSED");
        (await alice.ValueAsync<bool>("client.command('mesh/noop')")).ShouldBeTrue();
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task Error_replies_reject_with_code_and_message()
    {
        await BeginAsync();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.EnterAsync();
        (await alice.ValueAsync<string>("client.command('nope').then(() => 'resolved', ({ code, message }) => `${code} ${message}`)"))
            .ShouldBe("ENOTFOUND Command \"nope\" not found");
        (await alice.ValueAsync<bool>("outcome(client.joinRoom('\\n')).then((code) => code !== 'resolved')")).ShouldBeTrue();
    }
}
