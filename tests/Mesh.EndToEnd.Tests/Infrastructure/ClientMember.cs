using Mesh.Client;

namespace Mesh.EndToEnd.Tests;

/// <summary>A member of the room "general" by the C# client.</summary>
public sealed class ClientMember : IAsyncDisposable
{
    private readonly MeshClient _client;
    private readonly Presence<State> _presence;

    private ClientMember(MeshClient client)
    {
        _client = client;
        _presence = client.CreatePresence(new PresenceOptions<State> { Room = "general", StorageKey = "state", StateIdentifier = state => state?.UserId });
    }

    public static async Task<ClientMember> ConnectAsync(DemoServer server)
    {
        var client = new MeshClient($"ws://127.0.0.1:{server.Port}/", new() { Storage = new MemoryPresenceStorage() });
        await client.ConnectAsync().WaitAsync(Patience.Limit);
        var member = new ClientMember(client);
        await member._presence.Ready.WaitAsync(Patience.Limit);
        return member;
    }

    public Task SayAsync(string userId, string status) => _presence.PublishAsync(new(userId, userId, status)).WaitAsync(Patience.Limit);

    /// <summary>Waits until it shows these users, as in <c>alice: busy (tabs: 2)</c>.</summary>
    public async Task ShowsAsync(params string[] users)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        string[] shown = [];
        try
        {
            await foreach (var view in _presence.WatchAsync(limit.Token))
            {
                shown = [.. view.Users.Select(user => $"{user.Id}: {user.State?.Status} (tabs: {user.TabCount})")];
                if (view.IsFresh && shown.SequenceEqual(users, StringComparer.Ordinal)) return;
            }
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }
        shown.ShouldBe(users);
    }

    public async ValueTask DisposeAsync()
    {
        await _presence.DisposeAsync();
        await _client.DisposeAsync();
    }

    private sealed record State(string UserId, string Username, string Status);
}
