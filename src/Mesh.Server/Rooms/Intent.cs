using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What the store is to be told of one member: it is there or has left, as the connection's memberships say, and this.</summary>
internal sealed record Intent
{
    /// <summary>What became of its state; null: nothing that the store does not know.</summary>
    public StateChange? State { get; init; }

    /// <summary>When that was said.</summary>
    public long Since { get; init; }

    /// <summary>True if its metadata is another than the store has.</summary>
    public bool Metadata { get; init; }

    /// <summary>The state as it is to be said now: what expired while it waited is a clear.</summary>
    public StateChange? StateAt(TimeProvider time)
    {
        if (State is not StateChange.Publish { ExpireAfter: { } after } publish) return State;
        var left = after - time.GetElapsedTime(Since);
        return left > TimeSpan.Zero ? publish with { ExpireAfter = left } : new StateChange.Publish(RawJson.Null, Silent: publish.Silent);
    }
}
