using System.Diagnostics.Metrics;
using Mesh.Server;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Fuzz;

/// <summary>The product's server as AddMesh puts it together, under wires in memory and a clock that stands unless it is moved.</summary>
internal sealed class FuzzedServer
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Admission _admission;

    public FuzzedServer(bool isPlanted)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<IMeterFactory, Meters>();
        services.AddSingleton<ILoggerFactory>(Log);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<IHostApplicationLifetime, Lifetime>();
        services.AddAuthentication(AppTokens.Name).AddScheme<AuthenticationSchemeOptions, AppTokens>(AppTokens.Name, null);
        App.Configure(services.AddMesh(Tune), isPlanted);
        var provider = services.BuildServiceProvider();
        _admission = provider.GetRequiredService<Admission>();
        Mesh = provider.GetRequiredService<MeshServer>();
    }

    public ErrorLog Log { get; } = new();

    public MeshServer Mesh { get; }

    public Task RunAsync(HttpContext http) => _admission.RunAsync(http);

    /// <summary>Lets time pass, and all that is due happen; <paramref name="meanwhile"/> is done after each bit of it.</summary>
    public async ValueTask PassAsync(TimeSpan duration, Action? meanwhile = null)
    {
        await Pool.QuietAsync();
        for (var left = duration; left > TimeSpan.Zero;)
        {
            // Bits as small as what matters at first, then larger ones.
            var bit = left < Tick ? left : duration > TimeSpan.FromSeconds(1) && left > TimeSpan.FromMilliseconds(500) ? TimeSpan.FromMilliseconds(500) : Tick;
            left -= bit;
            _time.Advance(bit);
            await Pool.QuietAsync();
            meanwhile?.Invoke();
        }
        await Pool.QuietAsync();
    }

    // Short, so that a sequence sees the end of all that it begins.
    private static void Tune(MeshOptions options)
    {
        options.Grace = TimeSpan.FromMilliseconds(200);
        options.ReloadGrace = TimeSpan.FromMilliseconds(100);
        options.CloseTimeout = TimeSpan.FromMilliseconds(100);
        options.CommandsPerSecond = 20;
        options.CommandBurst = 15;
        options.RoomsPerConnection = 4;
        options.MembersPerRoom = 3;
        options.HistoryLength = 8;
        options.StateBytes = 512;
        options.ConnectionsPerUser = 2;
    }
}
