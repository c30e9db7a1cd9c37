using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Adds Mesh to an application.</summary>
public static class MeshServiceCollectionExtensions
{
    /// <summary>Adds Mesh, on one node, with the options of the configuration section <c>Mesh</c>. May be called again.</summary>
    public static IMeshBuilder AddMesh(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.AddOptions<MeshOptions>().BindConfiguration(MeshOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MeshOptions>, MeshOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MeshOptions>, MeshOptionsConsistency>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MeshOptions>, AllowedOriginsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, WebSocketRequestPolicy>());

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRoomStore, MemoryRoomStore>();
        services.TryAddSingleton<IBackplane, MemoryBackplane>();
        services.TryAddSingleton<ISessionStore, MemorySessionStore>();
        services.TryAddSingleton<UserIdentity>();

        services.TryAddSingleton<Persistence>();
        services.TryAddSingleton<MeshMetrics>();
        services.TryAddSingleton(MeshServer.Create);
        services.TryAddSingleton<ConnectionHost>();
        services.TryAddSingleton<Admission>();
        services.TryAddSingleton<AuthenticationWatch>();
        services.TryAddSingleton<Revocations>();
        services.TryAddSingleton<ConnectionRegistry>();
        services.TryAddSingleton<ConnectionIds>();
        services.TryAddSingleton<ConnectionEvents>();
        services.TryAddSingleton<ConnectionFactory>();
        services.TryAddSingleton<Sessions>();
        services.TryAddSingleton<Resumption>();
        services.TryAddSingleton<DroppedSessions>();
        services.TryAddSingleton<Endings>();
        services.TryAddSingleton<Restoration>();
        services.TryAddSingleton<Drain>();
        services.TryAddSingleton<CommandTable>();
        services.TryAddSingleton<CommandDispatcher>();
        services.TryAddSingleton<SnapshotsUnderWay>();
        services.TryAddSingleton<RoomDirectory>();
        services.TryAddSingleton<RoomAccess>();
        services.TryAddSingleton<PresenceRules>();
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<ICommandGroup, SessionCommands>(),
            ServiceDescriptor.Singleton<ICommandGroup, AuthenticationCommands>(),
            ServiceDescriptor.Singleton<ICommandGroup, RoomCommands>(),
            ServiceDescriptor.Singleton<ICommandGroup, PresenceCommands>(),
            ServiceDescriptor.Singleton<ICommandGroup, EntryCommands>(),
            ServiceDescriptor.Singleton<ICommandGroup, MetadataCommands>(),
        ]);
        return new MeshBuilder(services);
    }

    /// <summary>The same, with options set in code, over those of the configuration.</summary>
    public static IMeshBuilder AddMesh(this IServiceCollection services, Action<MeshOptions> configure)
    {
        var mesh = services.AddMesh();
        services.Configure(configure);
        return mesh;
    }
}
