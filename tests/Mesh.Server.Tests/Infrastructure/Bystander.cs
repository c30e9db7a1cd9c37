using System.Net.WebSockets;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests;

/// <summary>Somebody else at the server, in a room of their own that they are subscribed to, who is to notice nothing.</summary>
internal sealed class Bystander : IAsyncDisposable
{
    private const string OwnRoom = "the bystander's own";

    private readonly PlainClient _client;

    private Bystander(PlainClient client) => _client = client;

    public static async Task<Bystander> ArriveAsync(TestServer server, Action<ClientWebSocketOptions>? configure = null)
    {
        var client = await server.ConnectAsync(configure);
        await client.JoinAsync(OwnRoom);
        await client.SubscribeAsync(OwnRoom);
        return new(client);
    }

    /// <summary>They are still connected and alone in their room, are answered, and were told nothing.</summary>
    public async Task ShouldHaveNoticedNothingAsync()
    {
        (await _client.StatesAsync(OwnRoom)).GetProperty("present").ShouldBe($"""["{_client.Id}"]""");
        await _client.ShouldHaveEventsAsync();
        _client.IsClosed.ShouldBeFalse();
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
