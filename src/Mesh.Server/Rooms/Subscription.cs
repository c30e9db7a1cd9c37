using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>That one WebSocket is told about one room: as a plain client, or by diffs. Used under the room's lock.</summary>
internal sealed class Subscription(Room room, Transport transport)
{
    public Room Room { get; } = room;

    public Transport Transport { get; } = transport;

    public bool ByDiffs { get; set; }

    /// <summary>Up to where diffs were queued.</summary>
    public Stamp SentTo { get; set; }

    /// <summary>True while diffs are held back because the receiver is slow.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>True once the room tells it nothing any more, perhaps before it was told anything.</summary>
    public bool IsEnded { get; set; }

    /// <exception cref="MeshException"><c>ECLOSED</c>: the WebSocket ended before the room could subscribe it.</exception>
    public void ThrowIfEnded()
    {
        if (IsEnded) throw Refusals.Ended();
    }

    /// <summary>Holds diffs back if the receiver is slow; they are made up for when little waits for it.</summary>
    public bool HoldBack()
    {
        if (IsBehind) return true;
        if (!Transport.IsCrowded) return false;
        IsBehind = true;
        Transport.Subscriptions.AnyBehind = true;
        // The queue may have shrunk in between, and nobody would say so again.
        if (Transport.IsCrowded) return true;
        IsBehind = false;
        return false;
    }

    public void NoLongerBehind() => IsBehind = false;
}
