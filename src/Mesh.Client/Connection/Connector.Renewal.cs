using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The WebSockets of a connection: the first, and those that take its place while it stands.</summary>
internal sealed partial class Connector : IRenewalOwner
{
    /// <summary>Renews the authentication of the connection that stands.</summary>
    public Task RenewAsync() => _renewal.RenewAsync();

    /// <inheritdoc/>
    public Link Dial(ILinkOwner owner) => new(_gate, _dialer, _options.PingInterval, owner, _log);

    /// <inheritdoc/>
    public void Resume(Link link, Action<Session> opened, Action<MeshException> failed) =>
        Session.Open(link, _token.Value, _clientKey(), _options.ConnectTimeout, opened, failed);

    void IRenewalOwner.Replace(Link second, Session session)
    {
        // The server closes it; but should it not, nobody else would.
        KeepAbandoned(_link!);
        Stand(second, session);
        _log.Renewed(_url, session.ConnectionId);
    }

    void IRenewalOwner.Report(MeshException error) => Report(error);

    // The connection has this WebSocket from now on.
    private void Stand(Link link, Session session)
    {
        (_link, Session, _token.Value) = (link, session, session.Token);
        Rooms.Open(link, session);
        _coming?.TrySetResult();
        _coming = null;
    }
}
