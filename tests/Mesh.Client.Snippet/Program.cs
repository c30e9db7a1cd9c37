using Mesh.Client;

await using var client = new MeshClient("ws://localhost:3000");
await client.ConnectAsync();

await using var presence = client.CreatePresence(new PresenceOptions<UserState>
{
    Room = "general",
    StorageKey = "user-state:general",
    StateIdentifier = state => state?.UserId,
    OnUpdate = users => { foreach (var user in users) Console.WriteLine($"{user.Id}: {user.State?.Status} (tabs: {user.TabCount})"); },
});

await presence.PublishAsync(new UserState("u1", "Alice", "online"));
UserState? last = presence.Read();
IReadOnlyList<PresenceUser<UserState>> now = presence.Users;

record UserState(string UserId, string Username, string Status);
