// A project that has nothing of Mesh but its packages: a server, a client of it, and what the server offers to browsers.
using Mesh.Client;
using Mesh.Server;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.ClearProviders();
builder.Services.AddMesh().TrackPresence("*");
await using var app = builder.Build();
app.MapMesh("/");
await app.StartAsync();

await using var client = new MeshClient(app.Urls.Single().Replace("http", "ws"), new() { Storage = new MemoryPresenceStorage() });
await client.ConnectAsync();
await using (var presence = client.CreatePresence(new PresenceOptions<State> { Room = "r", StorageKey = "s", StateIdentifier = it => it?.Name }))
{
    await presence.PublishAsync(new("alice"));
    await foreach (var view in presence.WatchAsync())
    {
        if (view.Users.Count == 0) continue;
        Console.WriteLine($"{view.Users[0].Id}: {view.Users[0].TabCount}");
        break;
    }
}
using var http = new HttpClient();
Console.WriteLine((await http.GetStringAsync(app.Urls.Single() + "/mesh/client.js")).Contains("class MeshClient") ? "client.js" : "no client.js");

record State(string Name);
