using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Ends connections: at once, after their grace, or since another node has them (protocol §8).</summary>
internal sealed class Endings(
    ConnectionRegistry connections,
    DroppedSessions dropped,
    Sessions sessions,
    ConnectionEvents events,
    Revocations revocations,
    IOptions<MeshOptions> options,
    TimeProvider time,
    ILogger<Endings> log)
{
    public void BeginGrace(MeshConnection connection, TimeSpan grace)
    {
        connection.Session!.BeginGrace(grace, time, () => _ = EndAsync(connection));
        dropped.Add(connection);
        if (connection.IsToEnd) connection.Session.CutGrace();
        // Whoever resumed it, or ended it, before it was added has not found it there.
        if (connection.IsOpen || connection.IsEnded) dropped.Remove(connection);
    }

    /// <summary>The connection has a WebSocket again.</summary>
    public void EndGrace(MeshConnection connection)
    {
        connection.Session!.EndGrace();
        dropped.Remove(connection);
    }

    public async Task EndAsync(MeshConnection connection)
    {
        if (!connection.TryEnd()) return;
        // Only now: whoever adds it meanwhile looks after that whether it has ended.
        dropped.Remove(connection);
        var before = revocations.Latest;
        try
        {
            connections.Remove(connection);
            if (!await EndSessionAsync(connection)) await LeaveToOthersAsync(connection, before);
            await connection.Memberships.LeaveAllAsync();
            log.Ended(connection.Id);
        }
        catch (OperationCanceledException)
        {
            // The application has stopped before the store could be told.
        }
        catch (Exception failure)
        {
            log.ConnectionFailed(connection.Id, failure);
        }
        finally
        {
            events.Retire(connection);
        }
    }

    // What the store refuses to hear of the session is no reason for members to stay.
    private async Task<bool> EndSessionAsync(MeshConnection connection)
    {
        try
        {
            return await sessions.EndAsync(connection);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.ConnectionFailed(connection.Id, failure);
            return true;
        }
    }

    // Who claims its memberships elsewhere has as long as here; who is revoked there claims none.
    private async Task LeaveToOthersAsync(MeshConnection connection, long before)
    {
        events.Retire(connection);
        await revocations.WaitAsync(connection.UserId, before, Task.Delay(options.Value.Grace, time));
    }
}
