using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mesh.Server.Tests.Hosting;

/// <summary>Options that can't be kept together stop the application, and say so.</summary>
public sealed class MeshOptionsTests
{
    [Theory]
    [InlineData(5, 1, 6, false)]
    [InlineData(5, 1, 7, true)]
    [InlineData(600, 60, -1, true)]
    public async Task A_server_has_to_have_the_time_to_close_its_connections(int drain, int close, int shutdown, bool isRight)
    {
        var starting = TestServer.StartAsync(
            options =>
            {
                options.DrainTime = TimeSpan.FromSeconds(drain);
                options.CloseTimeout = TimeSpan.FromSeconds(close);
            },
            services: it => it.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdown < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(shutdown)));
        if (isRight) await (await starting).DisposeAsync();
        else (await Should.ThrowAsync<OptionsValidationException>(starting)).Message.ShouldStartWith(
            "Mesh:DrainTime is 00:00:05, and with Mesh:CloseTimeout (00:00:01) must be less than the host's shutdown timeout (00:00:06, HostOptions.ShutdownTimeout)");
    }
}
