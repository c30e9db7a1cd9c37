using System.Collections.Concurrent;

namespace Mesh.Client.Tests;

/// <summary>A presence helper, and all that its callbacks were told.</summary>
internal sealed class Viewer
{
    private readonly ConcurrentQueue<IReadOnlyList<PresenceUser<State>>> _updates = [];
    private readonly ConcurrentQueue<bool> _freshness = [];

    public Viewer(MeshClient client, string room = "general", string key = "state", Func<Viewer, PresenceOptions<State>>? options = null)
    {
        Presence = client.CreatePresence(options?.Invoke(this) ?? new PresenceOptions<State>
        {
            Room = room,
            StorageKey = key,
            StateIdentifier = state => state?.UserId,
            OnUpdate = OnUpdate,
            OnFreshness = OnFreshness,
        });
    }

    public Presence<State> Presence { get; }

    public IReadOnlyList<IReadOnlyList<PresenceUser<State>>> Updates => [.. _updates];

    public IReadOnlyList<bool> Freshness => [.. _freshness];

    /// <summary>The users as <c>alice: here (1)</c>, in order.</summary>
    public string Shown => Text(_updates.LastOrDefault() ?? []);

    public static string Text(IEnumerable<PresenceUser<State>> users) =>
        string.Join(", ", users.Select(user => $"{user.Id}: {user.State?.Status} ({user.TabCount})"));

    public void OnUpdate(IReadOnlyList<PresenceUser<State>> users) => _updates.Enqueue(users);

    public void OnFreshness(bool fresh) => _freshness.Enqueue(fresh);

    /// <summary>Waits until the users are these, and known to be right.</summary>
    public Task ShowsAsync(params string[] users) =>
        Wait.UntilAsync(() => Shown == string.Join(", ", users) && Presence.IsFresh, () => $"Shown: {Shown}, fresh: {Presence.IsFresh}", what: string.Join(", ", users));

    public Task SayAsync(string user, string status) => Presence.PublishAsync(new State(user, status)).InTimeAsync();
}
