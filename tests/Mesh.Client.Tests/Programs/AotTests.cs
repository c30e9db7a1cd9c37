namespace Mesh.Client.Tests;

/// <summary>A program compiled ahead of time. That it was published shows that nothing warns of reflection or trimming.</summary>
public sealed class AotTests(PublishedProgram published) : ProgramScenario, IClassFixture<PublishedProgram>
{
    [Fact]
    public async Task Publishes_and_sees_itself_and_others()
    {
        var observer = View(await ConnectAsync());
        await observer.Presence.Ready.InTimeAsync();
        var program = Run(published.File, [Server.Url, "alice"]);
        await program.SaysAsync("echo: alice");
        await program.TypeAsync("here");
        await program.SaysAsync("alice: here (1)");
        await observer.ShowsAsync("alice: here (1)");
        await observer.SayAsync("bob", "there");
        await program.SaysAsync("bob: there (1), alice: here (1)");
        program.EndInput();
        (await program.EndsAsync()).ShouldBe(0);
        await observer.ShowsAsync("bob: there (1)");
    }

    [Fact]
    public async Task Two_processes_of_one_user_are_two_tabs_and_take_over_each_others_state()
    {
        var observer = View(await ConnectAsync());
        var first = Run(published.File, [Server.Url, "alice"]);
        await first.TypeAsync("here");
        await observer.ShowsAsync("alice: here (1)");
        // Nothing was given to it: both find the same client key, and the state.
        var second = Run(published.File, [Server.Url, "alice"]);
        await observer.ShowsAsync("alice: here (2)");
        await second.TypeAsync("there");
        await first.SaysAsync("alice: there (2)");
        second.EndInput();
        (await second.EndsAsync()).ShouldBe(0);
        await observer.ShowsAsync("alice: there (1)");
    }

    [Fact]
    public async Task Finds_again_what_it_stored()
    {
        var first = Run(published.File, [Server.Url, "alice"]);
        await first.TypeAsync("here");
        await first.SaysAsync("alice: here (1)");
        first.EndInput();
        (await first.EndsAsync()).ShouldBe(0);
        await Run(published.File, [Server.Url, "alice"]).SaysAsync("alice: here (1)");
    }
}
