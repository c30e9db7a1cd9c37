// The C# client compiled ahead of time, without reflection: shows a room, and publishes each line that it reads.
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Client;

var (url, userId) = (args[0], args[1]);
await using var client = new MeshClient(url);
await client.ConnectAsync();

await using var presence = client.CreatePresence(
    new PresenceOptions<UserState>
    {
        Room = "general",
        StorageKey = "user-state:general",
        StateIdentifier = state => state?.UserId,
        OnUpdate = users => Console.WriteLine(string.Join(", ", users.Select(user => $"{user.Id}: {user.State?.Status} ({user.TabCount})"))),
    },
    ProgramJson.Default.UserState);

Console.WriteLine($"echo: {await client.CommandAsync("echo", userId, ProgramJson.Default.String, ProgramJson.Default.String)}");
while (await Console.In.ReadLineAsync() is { } status) await presence.PublishAsync(new(userId, status));

internal sealed record UserState(string UserId, string Status);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(UserState))]
[JsonSerializable(typeof(string))]
internal sealed partial class ProgramJson : JsonSerializerContext;
