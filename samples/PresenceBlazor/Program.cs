using Mesh.Server;

var builder = WebApplication.CreateBuilder(args);
string[] addresses = ["urls", "http_ports", "https_ports"];
if (addresses.All(it => string.IsNullOrEmpty(builder.Configuration[it]))) builder.WebHost.UseUrls("http://localhost:3001");
builder.WebHost.UseStaticWebAssets(); // also where nothing says that this is Development
builder.Services.AddMesh().TrackPresence("*");

var app = builder.Build();
app.MapStaticAssets();
app.MapMesh("/");
app.MapFallbackToFile("index.html");
app.Run();
