using System.Net;
using System.Net.Http.Json;

namespace Mesh.EndToEnd.Tests;

/// <summary>samples/PresenceSignIn: two users, their private rooms, and what either may try to be the other.</summary>
public sealed class SignInScenarios(Chromium chromium) : Scenario(chromium)
{
    private DemoServer _server = null!;

    [Fact]
    public async Task Two_users_are_who_they_signed_in_as_and_have_rooms_of_their_own()
    {
        var (alice, bob) = await BothAsync();
        await alice.SayAsync("down the rabbit hole");
        foreach (var tab in new[] { alice, bob })
            await tab.LobbyIsAsync("alicedown the rabbit hole1 tab", "bobhere1 tab");
        await alice.PrivateRoomsAreAsync("alice’s roomyou are in1 tab", "bob’s roomnot for you (EFORBIDDEN)");
        await bob.PrivateRoomsAreAsync("alice’s roomnot for you (EFORBIDDEN)", "bob’s roomyou are in1 tab");

        await bob.SayAsync(new string('x', 41));
        await Microsoft.Playwright.Assertions.Expect(bob.Page.Locator("#unfit")).ToHaveTextAsync("A status has up to 40 characters.");
        await alice.LobbyIsAsync("alicedown the rabbit hole1 tab", "bobhere1 tab");
    }

    [Fact]
    public async Task Whatever_bob_claims_he_is_bob()
    {
        var (alice, bob) = await BothAsync();
        var forging = bob.ForgeAsync("""
            const session = await ask("mesh/session", { userId: "alice", clientKey: "alice".repeat(8) });
            const claim = { rooms: [{ roomName: "lobby", userId: "alice", publish: { state: { text: "I am alice", userId: "alice" } } }] };
            const { error } = (await ask("mesh/enter", claim)).rooms[0];
            delete claim.rooms[0].publish.state.userId;
            await ask("mesh/enter", claim);
            await new Promise((seen) => (window.seen = seen));
            return [session.userId, error.code];
            """);
        await alice.LobbyIsAsync("alicehere1 tab", "bobI am alice2 tabs");
        // Others may see it before he is answered.
        await bob.Page.WaitForFunctionAsync("'seen' in window");
        await bob.Page.EvaluateAsync("seen()");
        (await forging).ShouldBe("""["bob","EREFUSED"]""");
        // What one of his connections says is what he says.
        await alice.LobbyIsAsync("alicehere1 tab", "bobI am alice1 tab");
    }

    [Fact]
    public async Task Bob_learns_nothing_of_the_room_of_alice()
    {
        var (alice, bob) = await BothAsync();
        await alice.PrivateRoomsAreAsync("alice’s roomyou are in1 tab", "bob’s roomnot for you (EFORBIDDEN)");
        const string look = """
            const answers = [];
            for (const command of ["mesh/join-room", "mesh/subscribe-presence", "mesh/get-presence-state", "mesh/get-room-metadata", "mesh/publish-presence-state"])
              answers.push(await ask(command, { roomName, state: { here: true } }));
            return answers;
            """;
        var there = await bob.ForgeAsync($"const roomName = 'private:alice';{look}");
        var nowhere = await bob.ForgeAsync($"const roomName = 'private:nobody';{look}");
        there.Replace("alice", "nobody", StringComparison.Ordinal).ShouldBe(nowhere);
        there.ShouldContain("EFORBIDDEN");
        await alice.PrivateRoomsAreAsync("alice’s roomyou are in1 tab", "bob’s roomnot for you (EFORBIDDEN)");
    }

    [Fact]
    public async Task A_token_of_alice_resumes_nothing_for_bob_or_for_nobody()
    {
        var (alice, bob) = await BothAsync();
        var token = await alice.ForgeAsync("""return (await ask("mesh/session", {})).token;""");
        (await bob.ForgeAsync($$"""return (await ask("mesh/session", { resume: {{token}} })).resumed;""")).ShouldBe("false");
        (await bob.ForgeAsync($$"""return (await ask("mesh/authenticate", { token: {{token}} })).code;""")).ShouldBe("\"EINVALID\"");

        var stranger = await (await OpenBrowserAsync("mallory")).OpenSignInAsync(_server.Origin);
        (await stranger.ForgeAsync($$"""return (await ask("mesh/session", { resume: {{token}} })).resumed;""")).ShouldBe("closed 1006");
        await alice.LobbyIsAsync("alicehere1 tab", "bobhere1 tab");
    }

    [Theory]
    [InlineData("alice", "builder")]
    [InlineData("Alice", "wonderland")]
    [InlineData("admin", null)]
    [InlineData(null, null)]
    public async Task Nobody_signs_in_without_the_password(string? user, string? password)
    {
        await BeginSignInAsync();
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync(new Uri(_server.Origin + "/sign-in"), new { user, password }, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task A_page_elsewhere_can_not_use_the_cookie_of_its_visitor()
    {
        await BeginSignInAsync("--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Information");
        var browser = await OpenBrowserAsync("alice");
        var alice = await browser.OpenSignInAsync(_server.Origin);
        await alice.SignInAsync("alice");
        await alice.LobbyIsAsync("alicehere1 tab");

        // Of the same host, so that the browser sends the cookie along.
        var elsewhere = Own(await DemoServer.StartAsync(DemoServer.SignIn, FreePort.Next()));
        var evil = await browser.OpenSignInAsync(elsewhere.Origin);
        (await evil.ForgeAsync("""return await ask("mesh/session", {});""", _server.Origin.Replace("http", "ws", StringComparison.Ordinal))).ShouldBe("closed 1006");
        await _server.UntilItSaysAsync(" - 403 ");
    }

    [Fact]
    public async Task Who_signs_out_is_gone_from_all_tabs_and_the_next_one_at_the_browser_inherits_nothing()
    {
        await BeginSignInAsync();
        var shared = await OpenBrowserAsync("shared");
        var one = await shared.OpenSignInAsync(_server.Origin);
        await one.SignInAsync("alice");
        await one.SayAsync("secret of alice");
        var two = await shared.OpenSignInAsync(_server.Origin);
        await two.LobbyIsAsync("alicesecret of alice2 tabs");

        await one.SignOutAsync();
        await two.IsSignedOutAsync();
        await one.IsSignedOutAsync();
        await two.SignInAsync("bob");
        await two.LobbyIsAsync("bobhere1 tab");
        (await two.Page.InputValueAsync("#status")).ShouldBe("");

        // And alice finds again what is hers.
        await two.SignOutAsync();
        await two.IsSignedOutAsync();
        await one.SignInAsync("alice");
        await one.LobbyIsAsync("alicesecret of alice1 tab");
    }

    [Fact]
    public async Task A_page_that_stays_open_is_signed_out_when_the_sign_in_expires()
    {
        await BeginSignInAsync("--SignedInFor=00:00:08");
        var alice = await (await OpenBrowserAsync("alice")).OpenSignInAsync(_server.Origin);
        await alice.SignInAsync("alice");
        await alice.LobbyIsAsync("alicehere1 tab");
        await alice.IsSignedOutAsync();
        (await alice.Page.IsVisibleAsync("#signed-in")).ShouldBeFalse();
    }

    private async Task BeginSignInAsync(params string[] options) => _server = Own(await DemoServer.StartAsync(DemoServer.SignIn, FreePort.Next(), options));

    private async Task<(SignInTab Alice, SignInTab Bob)> BothAsync()
    {
        await BeginSignInAsync();
        var alice = await (await OpenBrowserAsync("alice")).OpenSignInAsync(_server.Origin);
        await alice.SignInAsync("alice");
        await alice.LobbyIsAsync("alicehere1 tab");
        var bob = await (await OpenBrowserAsync("bob")).OpenSignInAsync(_server.Origin);
        await bob.SignInAsync("bob");
        await alice.LobbyIsAsync("alicehere1 tab", "bobhere1 tab");
        return (alice, bob);
    }
}
