using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>What a <see cref="Connector"/> tells the application of, by callbacks that run later.</summary>
internal interface IConnectorOwner
{
    void StatusChanged(MeshClientStatus status);

    void Connected(bool isReconnect);

    void Disconnected(int code, string reason);

    void ReconnectFailed();

    void Faulted(Exception error);

    /// <summary>An event that the protocol leaves to the application, without the gate: the payload is gone after the call.</summary>
    void Received(string command, RawJson payload);
}
