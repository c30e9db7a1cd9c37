namespace Mesh.Client.Tests;

/// <summary>The program of the README, as it stands there.</summary>
public sealed class SnippetTests : ProgramScenario
{
    [Fact]
    public async Task Shows_who_is_there_and_leaves()
    {
        var observer = View(await ConnectAsync());
        var tunnel = Own(new Tunnel(Server.Port));
        var snippet = Run(Checkout.Built("tests/Mesh.Client.Snippet"), [], new("http_proxy", tunnel.Address), new("no_proxy", ""));
        await observer.ShowsAsync("u1: online (1)");
        (await snippet.EndsAsync()).ShouldBe(0);
        await observer.ShowsAsync();
        // It leaves so soon after publishing that its callback may, rarely, not have begun.
        snippet.Lines.ShouldAllBe(line => line == "u1: online (tabs: 1)");
        tunnel.Requests.ShouldBe(["CONNECT localhost:3000 HTTP/1.1"]);
    }
}
