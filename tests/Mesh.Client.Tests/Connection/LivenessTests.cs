namespace Mesh.Client.Tests;

/// <summary>Whether the other side still lives (protocol §5), in time that the test moves.</summary>
public sealed class LivenessTests : Scenario
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    [Trait("Fault", "9")]
    public async Task A_server_that_says_nothing_by_itself_is_asked_and_stays()
    {
        await using var plain = await PlainServer.StartAsync();
        var client = await ConnectAsync(plain.Url, options: it => it.TimeProvider = _time);
        var recorder = new Recorder(client);
        for (var round = 1; round <= 3; round++)
        {
            // Two and a half ping intervals of 30 s. Time stands still while the answer is on its way.
            _time.Advance(TimeSpan.FromSeconds(74));
            plain.Commands.Count(it => it == "mesh/noop").ShouldBe(round - 1);
            _time.Advance(2 * Second);
            await client.GetPresenceStateAsync("general").InTimeAsync();
            plain.Commands.Count(it => it == "mesh/noop").ShouldBe(round);
        }
        client.Status.ShouldBe(MeshClientStatus.Online);
        recorder.Events.ShouldNotContain(it => it.StartsWith("disconnected", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Any_frame_is_a_sign_of_life()
    {
        await using var plain = await PlainServer.StartAsync();
        var client = await ConnectAsync(plain.Url, options: it => it.TimeProvider = _time);
        var heard = 0;
        using var handler = client.On<int>("hello", _ => heard++);
        for (var round = 1; round <= 5; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(60));
            plain.Broadcast("hello", round);
            await Wait.UntilAsync(() => heard == round);
        }
        plain.Commands.ShouldBe(["mesh/session"]);
        client.Status.ShouldBe(MeshClientStatus.Online);
    }

    [Fact]
    public async Task Silence_for_two_and_a_half_ping_intervals_and_no_answer_is_death()
    {
        await StartAsync();
        var network = NewNetwork();
        var client = await ConnectAsync(TestServer.UrlAt(network.Port), options: it => it.TimeProvider = _time);
        network.BlackHole();
        var began = _time.GetUtcNow();
        await Wait.UntilAsync(_time, Second, () => client.Status != MeshClientStatus.Online);
        // A ping may have come just before; that of the server is 10 s.
        (_time.GetUtcNow() - began).ShouldBeInRange(TimeSpan.FromSeconds(25), TimeSpan.FromSeconds(60));
        network.Forward();
        await Wait.UntilAsync(_time, Second, () => client.Status == MeshClientStatus.Online);
    }

    [Fact]
    public async Task An_attempt_that_gets_no_answer_is_given_up_and_repeated()
    {
        await StartAsync();
        var network = NewNetwork();
        network.BlackHole();
        var client = NewClient(TestServer.UrlAt(network.Port), options: it => it.TimeProvider = _time);
        var recorder = new Recorder(client);
        var connecting = client.ConnectAsync();
        await Wait.UntilAsync(_time, Second, () => recorder.Faults == 2);
        connecting.IsCompleted.ShouldBeFalse();
        network.Forward();
        await Wait.UntilAsync(_time, Second, () => connecting.IsCompleted);
        await connecting;
    }

    [Fact]
    public async Task Nothing_is_left_of_a_connection_whose_server_has_said_goodbye_and_does_not_listen()
    {
        var server = Own(new DeafServer());
        var accepting = server.AcceptAsync();
        var client = NewClient(server.Url, options: it => it.Reconnect = false);
        await client.ConnectAsync().InTimeAsync();
        await accepting;
        var flood = Enumerable.Range(0, 300).Select(_ => client.CommandAsync<string>("echo", new string('x', 60_000))).ToList();
        await server.CloseAsync(CloseCodes.Silent);
        foreach (var one in flood) (await Should.ThrowAsync<MeshException>(one.InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
        client.Status.ShouldBe(MeshClientStatus.Offline);
        await Wait.UntilAsync(server.IsDeserted);
    }
}
