using Mesh.Client;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using PresenceBlazor.Client;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<PresenceDemo>("#demo");
builder.Services.AddMeshClient("ws" + builder.HostEnvironment.BaseAddress["http".Length..]);
await builder.Build().RunAsync();
