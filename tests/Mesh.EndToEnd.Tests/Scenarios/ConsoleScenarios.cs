namespace Mesh.EndToEnd.Tests;

/// <summary>samples/PresenceConsole beside the demo, without a terminal: it writes lines.</summary>
public sealed class ConsoleScenarios(Chromium chromium) : Scenario(chromium)
{
    private const string Key = "alice-and-nobody-else";

    private static readonly TimeSpan CleanLeave = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Shows_who_is_there_says_what_is_typed_and_leaves_at_once()
    {
        await BeginAsync();
        var bob = Own(await ClientMember.ConnectAsync(Server));
        await bob.SayAsync("bob", "here");
        var alice = RunConsole("alice", "--server", Server.Origin);
        await alice.SaysAsync("connection: online");
        await alice.SaysAsync("view: fresh");
        await alice.SaysAsync("bob: here (tabs: 1)");
        await alice.SaysAsync("alice: online (tabs: 1)");

        await alice.TypeAsync("busy");
        await bob.ShowsAsync("bob: here (tabs: 1)", "alice: busy (tabs: 1)");
        await alice.SaysAsync("alice: busy (tabs: 1)");
        await bob.SayAsync("bob", "there");
        await alice.SaysAsync("bob: there (tabs: 1)");

        await alice.TypeAsync("/quit");
        (await alice.EndsAsync()).ShouldBe(0);
        await LeftAtOnceAsync();
        await bob.ShowsAsync("bob: there (tabs: 1)");
    }

    [Fact]
    public async Task A_user_in_a_browser_and_in_a_terminal_is_one_user_with_two_tabs()
    {
        await BeginAsync();
        var tab = await (await OpenBrowserAsync("alice", Key)).OpenDemoAsync(Server.Origin);
        await tab.ShowsAsync("alice: (tabs: 1)");
        await tab.SayAsync("busy");
        await tab.ShowsAsync("alice: busy (tabs: 1)");
        var console = RunConsole("alice", "--server", Server.Origin, "--client-key", Key);
        await console.SaysAsync("alice: busy (tabs: 2)");
        await tab.ShowsAsync("alice: busy (tabs: 2)");

        await console.TypeAsync("away");
        await tab.ShowsAsync("alice: away (tabs: 2)");
        await tab.Page.CloseAsync();
        await console.SaysAsync("alice: away (tabs: 1)");
    }

    [Fact]
    public async Task A_signal_to_end_leaves_too_and_a_cleared_state_is_shown_to_nobody()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There are no signals.");
        await BeginAsync();
        var bob = Own(await ClientMember.ConnectAsync(Server));
        var alice = RunConsole("alice", $"--server={Server.Origin}");
        await bob.ShowsAsync("alice: online (tabs: 1)");
        await alice.SaysAsync("alice: online (tabs: 1)");
        await alice.TypeAsync("/clear");
        await alice.SaysAsync("alice left");
        await bob.ShowsAsync();
        await alice.TypeAsync("back");
        await bob.ShowsAsync("alice: back (tabs: 1)");

        await alice.TerminateAsync();
        (await alice.EndsAsync()).ShouldBe(0);
        await LeftAtOnceAsync();
    }

    [Fact]
    public async Task A_server_that_restarts_makes_the_view_stale_and_fresh_again()
    {
        await BeginAsync();
        var alice = RunConsole("alice", "--server", Server.Origin);
        await alice.SaysAsync("alice: online (tabs: 1)");
        await Server.KillAsync();
        await alice.SaysAsync("connection: reconnecting");
        await alice.SaysAsync("view: stale");
        await alice.TypeAsync("busy");
        await Server.StartAgainAsync();
        await alice.SaysAsync("alice: busy (tabs: 1)");
        alice.EndInput();
        (await alice.EndsAsync()).ShouldBe(0);
        alice.Lines.Count(line => line == "view: fresh").ShouldBe(2);
    }

    [Theory]
    [InlineData(2, "Who are you? A user id is to be given.")]
    [InlineData(2, "One user id is enough: “bob” is one too many.", "alice", "bob")]
    [InlineData(2, "There is no option --colour.", "alice", "--colour", "red")]
    [InlineData(2, "--room is to be followed by a value.", "alice", "--room")]
    [InlineData(2, "--server is to be a url that begins with ws:// or wss://, not “localhost”.", "alice", "--server", "localhost")]
    [InlineData(2, "--client-key is to have 16 to 256 characters.", "alice", "--client-key", "short")]
    [InlineData(1, "There is no Mesh server at ws://127.0.0.1:9: ", "alice", "--server", "ws://127.0.0.1:9")]
    [InlineData(0, "Shows who is in a room, live, and lets you be there.", "--help")]
    public async Task Says_what_is_wrong(int exitCode, string message, params string[] arguments)
    {
        var console = RunConsole(arguments);
        (await console.EndsAsync()).ShouldBe(exitCode);
        console.Lines.ShouldContain(line => line.StartsWith(message, StringComparison.Ordinal));
    }

    // It was the last thing that happened, and no later than its end, but for the way to the observer.
    private async Task LeftAtOnceAsync()
    {
        var ended = await Observer.NowAsync();
        await Observer.SeesAsync(view => !view.Values.Any(state => state?.StartsWith("alice/", StringComparison.Ordinal) is true));
        (Observer.LastEventAt - ended).ShouldBeLessThan(CleanLeave);
    }
}
