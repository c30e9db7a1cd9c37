using System.Collections.Concurrent;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>The connections of this node that can be resumed, by token (protocol §8).</summary>
internal sealed class Sessions(
    ConnectionRegistry connections, ConnectionEvents events, IOptions<MeshOptions> options, MeshMetrics metrics, ILogger<Sessions> log)
{
    private readonly ConcurrentDictionary<string, MeshConnection> _byToken = new(StringComparer.Ordinal);

    /// <summary>Makes the WebSocket that of the connection which <paramref name="token"/> resumes; null if there is none of the same user.</summary>
    public async ValueTask<MeshConnection?> TryResumeAsync(Transport transport, string token)
    {
        var fresh = transport.Connection;
        if (!_byToken.TryGetValue(token, out var dropped) || dropped.UserId != fresh.UserId) return null;
        if (!transport.TryGiveTo(dropped, out var predecessor)) return null;
        dropped.Session!.EndGrace();
        predecessor?.Subscriptions.RemoveAll();
        predecessor?.RequestClose(CloseCodes.Resumed, "resumed by another connection");
        dropped.Memberships.AwaitClaims(transport, options.Value.Grace);

        // The id this WebSocket had until now was nobody's yet, unless the application was quick.
        fresh.TryEnd(evenIfOpen: true);
        connections.Remove(fresh);
        await fresh.Memberships.LeaveAllAsync();
        events.Retire(fresh);
        metrics.SessionResumed();
        log.Resumed(dropped.Id);
        return dropped;
    }

    /// <summary>A new token; <paramref name="presented"/>, if any, stays valid beside it until <see cref="Confirm"/>.</summary>
    public string Issue(MeshConnection connection, string? presented) =>
        connection.Session!.Tokens.Issue(presented, token => _byToken[token] = connection, Remove);

    /// <summary>The newest token has arrived: it alone is valid from now on.</summary>
    public void Confirm(MeshConnection connection) => connection.Session?.Tokens.Confirm(Remove);

    /// <summary>The connection has ended: nothing resumes it.</summary>
    public void Forget(MeshConnection connection) => connection.Session?.Tokens.End(Remove);

    private void Remove(string token) => _byToken.TryRemove(token, out _);
}
