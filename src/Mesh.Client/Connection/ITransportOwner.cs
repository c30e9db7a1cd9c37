namespace Mesh.Client;

/// <summary>Who a <see cref="Transport"/> tells what happens, from one thing to the next, without any lock held.</summary>
internal interface ITransportOwner
{
    /// <summary>The WebSocket is open.</summary>
    void Opened();

    /// <summary>A text message, which is gone after the call.</summary>
    void Received(ReadOnlyMemory<byte> message);

    /// <summary>It is over, or never came to be. Only the first time counts.</summary>
    void Ended(int code, string reason);
}
