using Mesh.Server;

var builder = WebApplication.CreateBuilder(args);
string[] addresses = ["urls", "http_ports", "https_ports"];
if (addresses.All(it => string.IsNullOrEmpty(builder.Configuration[it]))) builder.WebHost.UseUrls("http://localhost:3000");
var mesh = builder.Services.AddMesh().TrackPresence("*");
if (builder.Configuration["Mesh:Redis"] is { Length: > 0 } redis) mesh.AddRedis(redis);

var app = builder.Build();
app.UseFileServer();
app.MapMesh("/");
app.MapGet("/playground", (IWebHostEnvironment host) => Results.File(host.WebRootFileProvider.GetFileInfo("playground.html").PhysicalPath!, "text/html"));
app.Run();
