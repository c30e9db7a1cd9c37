using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>Who a <see cref="Link"/> tells what happens.</summary>
internal interface ILinkOwner
{
    /// <summary>It may be used. Called with the gate held.</summary>
    void Opened(Link link);

    /// <summary>A frame that is no response, without the gate: the payload is gone after the call.</summary>
    void Received(Link link, string command, RawJson payload);

    /// <summary>It is over. Called once, with the gate held.</summary>
    void Ended(Link link, string reason);
}
