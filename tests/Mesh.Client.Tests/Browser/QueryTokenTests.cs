using System.Net.WebSockets;

namespace Mesh.Client.Tests;

/// <summary>A token in the query, as in WebAssembly: the server gets it, and nobody else.</summary>
public sealed class QueryTokenTests : Scenario
{
    private const string Token = "alice.a+b/c=&%";

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?room=a%26b")]
    public async Task The_server_gets_it(string query)
    {
        var users = new TestUsers();
        await StartAsync(users: users);
        using var webSocket = new ClientWebSocket();
        await QueryToken.ConnectAsync(webSocket, new(Server.Url + query), Token, CancellationToken.None).InTimeAsync();
        users.Seen.ShouldBe([Token]);
        await Wait.UntilAsync(() => Server.Mesh.Connections.Count == 1);
        Server.Mesh.Connections.Single().UserId.ShouldBe("alice");
    }

    [Fact]
    public async Task What_fails_does_not_tell_it()
    {
        using var webSocket = new ClientWebSocket();
        var failure = await Should.ThrowAsync<WebSocketException>(QueryToken.ConnectAsync(webSocket, new(TestServer.UrlAt(FreePort.Next())), Token, CancellationToken.None).InTimeAsync());
        failure.InnerException.ShouldBeNull();
        var escaped = Uri.EscapeDataString(Token);
        QueryToken.Hide($"{Token} and ?access_token={escaped}", Token, escaped).ShouldBe("… and ?access_token=…");
    }

    [Fact]
    public async Task Who_cancels_is_told_so()
    {
        using var webSocket = new ClientWebSocket();
        await Should.ThrowAsync<OperationCanceledException>(QueryToken.ConnectAsync(webSocket, new(TestServer.UrlAt(1)), Token, new(canceled: true)));
    }
}
