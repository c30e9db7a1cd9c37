using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §8: what lets somebody in is in no log.</summary>
public sealed class SecretsTests
{
    private const string ClientKey = "a-key-of-this-client-that-nobody-knows", Wrong = "a-token-that-nobody-gave";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Neither_resume_tokens_nor_those_of_the_query_nor_client_keys_are_logged()
    {
        using var log = new LoggedLines();
        await using var server = await TestTokens.StartServerAsync(mesh: it => it.Services.AddLogging(to => to.SetMinimumLevel(LogLevel.Trace).AddProvider(log)));
        var (bearer, renewed) = (TestTokens.For(server, "alice", Hour), TestTokens.For(server, "alice", 2 * Hour));
        await using var first = await ConnectAsync(server, bearer);
        var token = (await first.OpenSessionAsync(clientKey: ClientKey)).Token();
        await first.EnterAsync("r");
        first.Drop();
        await server.UntilDroppedAsync(first.Id);

        await using var second = await ConnectAsync(server, bearer);
        var next = (await second.OpenSessionAsync(token, ClientKey)).Token();
        await second.RequestAsync("mesh/authenticate", $$"""{"token":"{{renewed}}"}""");
        await second.ErrorOfAsync("mesh/authenticate", $$"""{"token":"{{Wrong}}"}""");
        await second.ErrorOfAsync("mesh/session", $$"""{"resume":"{{Wrong}}"}""");
        await second.CloseAsync();
        await using var stranger = await ConnectAsync(server, bearer);
        await stranger.OpenSessionAsync(Wrong);
        await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(server, Wrong));
        await server.Mesh.RevokeAsync("alice", TestContext.Current.CancellationToken);
        await stranger.Closed;

        log.All.ShouldContain(it => it.Contains(first.Id, StringComparison.Ordinal));
        foreach (var secret in new[] { token, next, bearer, renewed, Wrong, ClientKey })
            log.All.ShouldAllBe(it => !it.Contains(secret, StringComparison.Ordinal));
    }

    private static Task<PlainClient> ConnectAsync(TestServer server, string token) =>
        PlainClient.ConnectAsync(new UriBuilder(server.Address) { Query = "access_token=" + token }.Uri);
}
