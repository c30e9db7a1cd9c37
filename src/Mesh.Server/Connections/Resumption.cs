using Mesh.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Resumes connections: those of this node, and those of others (protocol §8).</summary>
internal sealed class Resumption(
    ConnectionRegistry connections,
    ISessionStore store,
    ConnectionFactory factory,
    Endings endings,
    AuthenticationWatch authentications,
    ConnectionEvents events,
    IOptions<MeshOptions> options,
    MeshMetrics metrics,
    ILogger<Resumption> log)
{
    /// <summary>Makes the WebSocket that of the connection which <paramref name="token"/> resumes; null if there is none of the same user.</summary>
    public async ValueTask<MeshConnection?> TryResumeAsync(Transport transport, string token)
    {
        var fresh = transport.Connection;
        if (await FindAsync(token, transport) is not { } dropped) return null;
        if (!transport.TryGiveTo(dropped, out var predecessor)) return null;
        endings.EndGrace(dropped);
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

    private async ValueTask<MeshConnection?> FindAsync(string token, Transport transport)
    {
        var fresh = transport.Connection;
        var take = await TakeAsync(token, fresh.UserId);
        if (take.Outcome == SessionTakeOutcome.Taken) return Adopt(take.Session!, transport);
        return connections.FindByToken(token) is { } here && take.Outcome == SessionTakeOutcome.NotElsewhere && here.UserId == fresh.UserId ? here : null;
    }

    private async ValueTask<SessionTake> TakeAsync(string token, string? userId)
    {
        try
        {
            return await store.TakeAsync(token, userId, CancellationToken.None);
        }
        catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
        {
            // No node can take what the store can't give: what is here is here.
            return new(SessionTakeOutcome.NotElsewhere);
        }
    }

    // Should its WebSocket end before it has it, it has the grace like any that dropped.
    private MeshConnection Adopt(SavedSession saved, Transport transport)
    {
        connections.Find(saved.ConnectionId)?.Lose();
        var adopted = factory.Adopt(saved, transport.Authentication.User);
        connections.Add(adopted);
        endings.BeginGrace(adopted, options.Value.Grace);
        authentications.EndIfRevoked(adopted, transport.Authentication);
        return adopted;
    }
}
