using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client;

public sealed partial class MeshClient
{
    /// <summary>Sets this connection's metadata, and that of the connections that follow it.</summary>
    /// <param name="metadata">What to set; null removes it.</param>
    /// <param name="strategy">How it goes together with what is there. Default: it takes its place.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    [RequiresUnreferencedCode(NeedsReflection), RequiresDynamicCode(NeedsReflection)]
    public Task SetConnectionMetadataAsync<TMetadata>(
        TMetadata metadata, MetadataStrategy strategy = MetadataStrategy.Replace, CancellationToken cancellationToken = default) =>
        SetConnectionMetadataAsync(metadata, TypeInfo<TMetadata>(), strategy, cancellationToken);

    /// <summary>The same without reflection.</summary>
    /// <inheritdoc cref="SetConnectionMetadataAsync{TMetadata}(TMetadata, MetadataStrategy, CancellationToken)"/>
    public async Task SetConnectionMetadataAsync<TMetadata>(
        TMetadata metadata, JsonTypeInfo<TMetadata> metadataType, MetadataStrategy strategy = MetadataStrategy.Replace, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadataType);
        var update = new MetadataUpdate(ClientJson.Write(metadata, metadataType), strategy);
        await RequestAsync(CommandNames.SetMyConnectionMetadata, update.ToRequest(), null, cancellationToken).ConfigureAwait(false);
        lock (Gate.Lock) _connector.Remember(update);
    }

    /// <summary>Reads a connection's metadata.</summary>
    /// <param name="connectionId">Whose. Default: null, this connection's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    public Task<JsonElement?> GetConnectionMetadataAsync(string? connectionId = null, CancellationToken cancellationToken = default) =>
        connectionId is null
            ? GetMetadataAsync(CommandNames.GetMyConnectionMetadata, NoPayload, cancellationToken)
            : GetMetadataAsync(CommandNames.GetConnectionMetadata, ClientJson.Write(new(connectionId), ClientJson.Default.ConnectionRequest), cancellationToken);

    /// <summary>Reads a room's metadata, which the server sets.</summary>
    /// <param name="room">1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="MeshException">The server's error, <c>ETIMEOUT</c> or <c>ECLOSED</c>.</exception>
    public Task<JsonElement?> GetRoomMetadataAsync(string room, CancellationToken cancellationToken = default)
    {
        CheckRoom(room);
        return GetMetadataAsync(CommandNames.GetRoomMetadata, ClientJson.Write(new(room), ClientJson.Default.RoomRequest), cancellationToken);
    }

    private async Task<JsonElement?> GetMetadataAsync(string command, RawJson request, CancellationToken cancellationToken)
    {
        var response = await RequestAsync(command, request, null, cancellationToken).ConfigureAwait(false);
        var result = JsonSerializer.Deserialize(response.Utf8.Span, ClientJson.Default.MetadataResult) ?? throw Errors.Unreadable(command);
        return PresenceUpdates.Element(result.Metadata);
    }
}
