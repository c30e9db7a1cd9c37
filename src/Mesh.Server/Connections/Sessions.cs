using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>The tokens of this node's sessions, and what the store knows of them (protocol §8).</summary>
internal sealed class Sessions(ConnectionRegistry connections, ISessionStore store, Persistence persistence)
{
    /// <summary>A new token; <paramref name="presented"/>, if any, stays valid beside it until <see cref="Confirm"/>.</summary>
    public async ValueTask<string> IssueAsync(MeshConnection connection, string? presented)
    {
        var tokens = connection.Session!.Tokens;
        // One that was issued by another node.
        if (presented is not null && !tokens.Valid.Contains(presented, StringComparer.Ordinal)) Add(presented, null);
        var token = store.NewToken(connection.Id);
        Add(token, presented);
        // It may have ended before it had a session, and then that was not there to be ended.
        if (connection.IsEnded) tokens.End(connections.RemoveToken);
        await SaveAsync(connection);
        return token;

        void Add(string one, string? beside) => tokens.Issue(one, beside, it => connections.AddToken(it, connection), connections.RemoveToken);
    }

    /// <summary>The newest token has arrived: it alone is valid from now on.</summary>
    public void Confirm(MeshConnection connection)
    {
        if (connection.Session?.Tokens.Confirm(connections.RemoveToken) == true) _ = SaveAsync(connection);
    }

    /// <summary>Lets the store know what has changed, if need be later. Nothing happens without a session.</summary>
    public async Task SaveAsync(MeshConnection connection)
    {
        if (connection.Session is not { } session) return;
        await session.SaveTurn.WaitAsync();
        var before = session.MayBeSaved;
        try
        {
            if (connection.IsEnded || session.HasMoved) return;
            session.MayBeSaved = true;
            if (!await store.SaveAsync(Describe(connection, session), CancellationToken.None)) connection.Lose();
        }
        catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
        {
            if (away is StoreNotAskedException) session.MayBeSaved = before;
            if (session.TryOweSave()) _ = SaveLaterAsync(connection, session);
        }
        finally
        {
            session.SaveTurn.Release();
        }
    }

    /// <summary>The connection has ended: nothing resumes it. False if another node has it: it has not ended there.</summary>
    public async ValueTask<bool> EndAsync(MeshConnection connection)
    {
        if (connection.Session is not { } session) return true;
        session.Tokens.End(connections.RemoveToken);
        await session.SaveTurn.WaitAsync();
        try
        {
            if (session.HasMoved) return false;
            return !session.MayBeSaved || await persistence.UntilDoneAsync(() => store.EndAsync(Describe(connection, session), CancellationToken.None));
        }
        finally
        {
            session.SaveTurn.Release();
        }
    }

    private async Task SaveLaterAsync(MeshConnection connection, Session session)
    {
        await persistence.PauseAsync();
        session.NoLongerOwesSave();
        await SaveAsync(connection);
    }

    private static SavedSession Describe(MeshConnection connection, Session session) =>
        new(connection.Id, session.Moves, session.Tokens.Valid, connection.UserId, session.Owner, connection.Metadata);
}
