using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>Whose connection a <see cref="Renewal"/> renews. All is called with the gate held.</summary>
internal interface IRenewalOwner : ILinkOwner
{
    /// <summary>Another WebSocket, not begun yet.</summary>
    Link Dial(ILinkOwner owner);

    /// <summary>Opens on it the session of the connection, or a new one where that can't be resumed.</summary>
    void Resume(Link link, Action<Session> opened, Action<MeshException> failed);

    /// <summary>It has the session: it takes the place of the connection's WebSocket.</summary>
    void Replace(Link second, Session session);

    /// <summary>Something failed that nobody waits for.</summary>
    void Report(MeshException error);
}
