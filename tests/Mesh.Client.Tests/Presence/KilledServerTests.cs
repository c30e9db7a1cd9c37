namespace Mesh.Client.Tests;

/// <summary>The demo's server as a process of its own, with a network in between: it dies, or is not there yet.</summary>
public sealed class KilledServerTests : Scenario
{
    [Fact]
    [Trait("Fault", "2")]
    public async Task After_a_kill_everybody_is_back_with_what_was_said_meanwhile()
    {
        var server = Own(await DemoServer.StartAsync());
        var network = Own(new TcpProxy(server.Port));
        var alice = View(await ConnectAsync(TestServer.UrlAt(network.Port)));
        await alice.SayAsync("alice", "here");
        var bob = View(await ConnectAsync(TestServer.UrlAt(network.Port)));
        await bob.SayAsync("bob", "here");
        foreach (var viewer in new[] { alice, bob }) await viewer.ShowsAsync("alice: here (1)", "bob: here (1)");

        await server.KillAsync();
        await Wait.UntilAsync(() => !alice.Presence.IsFresh && !bob.Presence.IsFresh);
        var saying = alice.SayAsync("alice", "still here");
        await server.StartAgainAsync();

        await saying;
        await Wait.UntilAsync(
            () => alice.Presence.IsFresh && bob.Presence.IsFresh && alice.Shown == bob.Shown
                && alice.Presence.Users.Select(user => $"{user.Id}: {user.State?.Status} ({user.TabCount})").Order(StringComparer.Ordinal)
                    .SequenceEqual(["alice: still here (1)", "bob: here (1)"], StringComparer.Ordinal),
            () => $"{alice.Shown} / {bob.Shown}");
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task A_first_connect_that_fails_is_made_good()
    {
        var server = Own(await DemoServer.StartAsync());
        var network = Own(new TcpProxy(server.Port));
        network.Refuse();
        var client = NewClient(TestServer.UrlAt(network.Port));
        var recorder = new Recorder(client);
        var connecting = client.ConnectAsync();
        var alice = View(client);
        var saying = alice.SayAsync("alice", "here");
        await Wait.UntilAsync(() => recorder.Faults >= 2);

        network.Forward();
        await connecting.InTimeAsync();
        await saying;
        await alice.ShowsAsync("alice: here (1)");
    }
}
