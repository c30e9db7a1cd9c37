using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Client.Tests;

/// <summary>A client of the service provider's.</summary>
public sealed class AddMeshClientTests
{
    [Fact]
    public async Task Is_one_for_the_whole_application_with_its_logger_and_its_time()
    {
        var logs = new RecordedLogs();
        var time = new FakeTimeProvider();
        await using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<ILoggerFactory>(logs)
            .AddMeshClient(options => options.MaxReconnectAttempts = 0)
            .AddMeshClient("ws://127.0.0.1:9/")
            .Configure<MeshClientOptions>(options => options.Storage = new MemoryPresenceStorage())
            .BuildServiceProvider();
        var client = provider.GetRequiredService<MeshClient>();
        provider.GetRequiredService<MeshClient>().ShouldBeSameAs(client);
        client.Gate.Time.ShouldBeSameAs(time);
        await Should.ThrowAsync<MeshException>(client.ConnectAsync().InTimeAsync());
        logs.All.ShouldContain(line => line.Contains("ws://127.0.0.1:9/", StringComparison.Ordinal));
    }

    [Fact]
    public void Says_what_is_wrong_with_its_options()
    {
        using var provider = new ServiceCollection().AddMeshClient(options =>
        {
            options.ClientKey = "short";
            options.CommandTimeout = TimeSpan.Zero;
            options.ConnectTimeout = TimeSpan.FromDays(100);
            options.PingInterval = TimeSpan.FromDays(7);
            options.MaxReconnectAttempts = -1;
        }).BuildServiceProvider();
        Should.Throw<OptionsValidationException>(() => provider.GetRequiredService<MeshClient>()).Failures.Count().ShouldBe(6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("http://localhost/")]
    [InlineData("/mesh")]
    public void A_url_is_one_of_a_WebSocket(string url) => Should.Throw<ArgumentException>(() => new MeshClient(url));

    [Fact]
    public void Options_of_a_client_are_checked()
    {
        Should.Throw<ArgumentException>(() => new MeshClient("ws://localhost/", new() { ClientKey = new('k', 257) }));
        Should.Throw<ArgumentException>(() => new MeshClient("ws://localhost/", new() { PingInterval = TimeSpan.Zero }));
    }
}
