using Mesh.Client;

namespace Mesh.Faults;

/// <summary>A tab by Mesh.Client.</summary>
internal sealed class ClientTab(string name, string room, string url, string key, IPresenceStorage storage) : ITab
{
    // Who is answered says so much sooner.
    private static readonly TimeSpan Unanswered = TimeSpan.FromSeconds(0.9);

    private MeshClient _client = NewClient(url, key, storage);
    private volatile Presence<State>? _presence;

    public string Name => name;

    public View? View =>
        _presence is { } presence ? new(name, presence.Ready.IsCompletedSuccessfully ? [.. presence.Users.Select(user => new Shown(user.Id, user.State?.Mark, user.TabCount))] : null, presence.IsFresh) : null;

    public async Task JoinAsync()
    {
        var connecting = _client.ConnectAsync();
        var presence = _client.CreatePresence(new PresenceOptions<State> { Room = room, StorageKey = "state", StateIdentifier = state => state?.UserId });
        _presence = presence;
        try
        {
            await connecting;
            await presence.Ready;
        }
        catch
        {
            _presence = null;
            await presence.DisposeAsync();
            throw;
        }
    }

    public Task PublishAsync(State state) => _presence!.PublishAsync(state);

    public async Task<bool> LeaveAsync(bool closes)
    {
        var presence = _presence!;
        _presence = null;
        if (!closes)
        {
            // The client stays, and tells when it can.
            await presence.DisposeAsync();
            return true;
        }
        var heard = await IsHeardAsync(() => _client.CloseAsync());
        await presence.DisposeAsync();
        return heard;
    }

    public async Task<bool> ReloadAsync()
    {
        _presence = null;
        var client = _client;
        var heard = await IsHeardAsync(() => client.DisposeAsync().AsTask());
        _client = NewClient(url, key, storage);
        await JoinAsync();
        return heard;
    }

    public async ValueTask DisposeAsync() => await _client.DisposeAsync();

    private async Task<bool> IsHeardAsync(Func<Task> close)
    {
        var (isOnline, started) = (_client.Status == MeshClientStatus.Online, Stopwatch.GetTimestamp());
        await close();
        return isOnline && Stopwatch.GetElapsedTime(started) < Unanswered;
    }

    private static MeshClient NewClient(string url, string key, IPresenceStorage storage) => new(url, new() { ClientKey = key, Storage = storage });
}
