using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Client;

/// <summary>Adds a client to an application.</summary>
public static class MeshClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="MeshClient"/> for the whole application, which connects when it is told to. Options are validated
    /// when it is first asked for, or at the start of the host. May be called again: then the later options win.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options, <see cref="MeshClientOptions.Url"/> among them.</param>
    public static IServiceCollection AddMeshClient(this IServiceCollection services, Action<MeshClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<MeshClientOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MeshClientOptions>, MeshClientOptionsValidator>());
        services.TryAddSingleton(Create);
        return services;
    }

    /// <summary>The same for a server, with options that are set otherwise, as by <c>services.Configure</c>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="url">The server, <c>ws:</c> or <c>wss:</c>.</param>
    public static IServiceCollection AddMeshClient(this IServiceCollection services, string url) =>
        services.AddMeshClient(options => options.Url = url);

    private static MeshClient Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<MeshClientOptions>>().Value;
        options.LoggerFactory ??= provider.GetService<ILoggerFactory>();
        options.TimeProvider ??= provider.GetService<TimeProvider>();
        return new(options.Url!, options);
    }
}
