using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>One connection id, over one WebSocket at a time: a session's connection outlives a dropped WebSocket for the grace.</summary>
public sealed class MeshConnection
{
    private const int LongestReason = 123;

    private readonly Lock _gate = new();
    private readonly JsonSerializerOptions _json;
    private ClaimsPrincipal _user;
    private RawJson _metadata;
    private Transport? _transport;
    private Transport? _dropped;
    private bool _ended;
    private bool _toEnd;

    internal MeshConnection(string id, ClaimsPrincipal user, string? userId, JsonSerializerOptions json, Transport? transport, Func<MeshConnection, Memberships> memberships)
    {
        Id = id;
        _user = user;
        UserId = userId;
        _json = json;
        _transport = transport;
        Memberships = memberships(this);
    }

    /// <summary>The connection's id, as members and clients know it.</summary>
    public string Id { get; }

    /// <summary>Who the request that opened the connection was authenticated as; after a resume or a renewal, who that was authenticated as.</summary>
    public ClaimsPrincipal User
    {
        get { lock (_gate) return _user; }
    }

    /// <summary>The verified user's id; null if nobody was authenticated.</summary>
    public string? UserId { get; }

    /// <summary>The metadata attached to the connection, as JSON; absent if none. Set it through <see cref="MeshServer"/>.</summary>
    public RawJson Metadata
    {
        get { lock (_gate) return _metadata; }
        internal set { lock (_gate) _metadata = value; }
    }

    /// <summary>True while a WebSocket is attached; false when dropped (perhaps within its grace) or ended.</summary>
    public bool IsOpen => Transport is not null;

    /// <summary>True while the server closes the WebSocket that is attached, and waits for the client's goodbye: the connection ends then, or is resumed.</summary>
    public bool IsClosing => Transport is { IsClosing: true };

    /// <summary>The names of the rooms the connection is a member of.</summary>
    public IReadOnlyCollection<string> Rooms => Memberships.Rooms;

    /// <summary>Sends an event to this connection. False if it is not open, or too slow to take it.</summary>
    /// <exception cref="MeshException"><c>ETOOLARGE</c>: it is larger than <see cref="MeshOptions.OutboundBytes"/>.</exception>
    public bool Send<T>(string command, T payload) =>
        Transport is { } transport && transport.TrySend(AppJson.Event(command, AppJson.Serialize(payload, _json), transport.OutboundBytes));

    /// <summary>Ends the connection: its members leave at once.</summary>
    /// <param name="code">A close code of protocol §14; clients do not reconnect after 4100–4199. Default: 4100.</param>
    /// <param name="reason">Up to 123 bytes of UTF-8 that the client can read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code is not 1000 or 4000–4999.</exception>
    /// <exception cref="ArgumentException">The reason is longer than a close frame can hold.</exception>
    public void Close(int code = CloseCodes.Ended, string reason = "")
    {
        if (code is not (CloseCodes.Normal or >= 4000 and <= 4999)) throw new ArgumentOutOfRangeException(nameof(code));
        if (Encoding.UTF8.GetByteCount(reason) > LongestReason) throw new ArgumentException($"A reason has up to {LongestReason} bytes.", nameof(reason));
        Transport? transport;
        lock (_gate) (_toEnd, transport) = (true, _transport);
        if (transport is not null) transport.RequestClose(code, reason);
        else Session?.CutGrace();
    }

    /// <summary>Ends what is left of it here: another node has it.</summary>
    internal void Lose()
    {
        if (Session is not { } session) return;
        session.HasMoved = true;
        Close(CloseCodes.Resumed, "resumed on another node");
    }

    internal Memberships Memberships { get; }

    /// <summary>What the client opened with <c>mesh/session</c>; null for a plain client.</summary>
    internal Session? Session { get; set; }

    /// <summary>True once applications were told of the connection.</summary>
    internal bool IsAnnounced { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    internal Transport? Transport
    {
        get { lock (_gate) return _transport; }
    }

    /// <summary>How long nothing was received, over the WebSocket that is attached or the one that dropped.</summary>
    internal TimeSpan SilentFor
    {
        get { lock (_gate) return (_transport ?? _dropped)?.SilentFor ?? TimeSpan.Zero; }
    }

    /// <summary>Where its WebSocket comes from, or the one that dropped; null if that is not known.</summary>
    internal IPAddress? Network
    {
        get { lock (_gate) return ClientNetwork.Of((_transport ?? _dropped)?.Authentication.Request.Address); }
    }

    internal bool IsEnded
    {
        get { lock (_gate) return _ended; }
    }

    /// <summary>True once the application has ended it: there is no grace then.</summary>
    internal bool IsToEnd
    {
        get { lock (_gate) return _toEnd; }
    }

    /// <summary>Lets it end with that WebSocket; false if another has resumed it.</summary>
    internal bool TryBeginClosing(Transport transport)
    {
        lock (_gate) return _transport == transport && (_toEnd = true);
    }

    /// <summary>Takes over another WebSocket, and who opened it; false if the connection has ended, or is about to.</summary>
    internal bool TryAttach(Transport transport, ClaimsPrincipal user, out Transport? predecessor)
    {
        lock (_gate)
        {
            predecessor = _transport;
            if (_ended || _toEnd) return false;
            _transport = transport;
            _user = user;
            _dropped = null;
            return true;
        }
    }

    /// <summary>Takes over who its WebSocket was authenticated as anew.</summary>
    internal void Renew(Transport transport, ClaimsPrincipal user)
    {
        lock (_gate)
            if (_transport == transport) _user = user;
    }

    /// <summary>Lets go of a WebSocket; false if the connection has another one by now.</summary>
    internal bool TryDetach(Transport transport)
    {
        lock (_gate)
        {
            if (_transport != transport) return false;
            _transport = null;
            _dropped = transport;
            return true;
        }
    }

    /// <summary>Marks the end; false if a WebSocket is attached (unless <paramref name="evenIfOpen"/>), or it had ended.</summary>
    internal bool TryEnd(bool evenIfOpen = false)
    {
        lock (_gate)
        {
            if (_ended || (_transport is not null && !evenIfOpen)) return false;
            _ended = true;
            _transport = _dropped = null;
            return true;
        }
    }
}
