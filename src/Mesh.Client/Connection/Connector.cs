using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>Keeps a connection standing, whatever happens to it. To be used with the gate held.</summary>
internal sealed partial class Connector : ILinkOwner
{
    private const int MostAbandoned = 4;

    private readonly ClientGate _gate;
    private readonly MeshClientOptions _options;
    private readonly IConnectorOwner _owner;
    private readonly ILogger _log;
    private readonly Dialer _dialer;
    private readonly string _url;
    private readonly Func<string> _clientKey;
    private readonly Alarm _retry;
    private readonly Alarm _tooLate;
    private readonly ResumeToken _token;
    private readonly IWatch _watch;
    private readonly Renewal _renewal;

    // Connections taken for dead: they must not say so before the session has a new one.
    private readonly Queue<Link> _abandoned = [];

    private MeshClientStatus _status;
    private Link? _link;
    private MetadataUpdate? _metadata;

    // Completed when the connection that is awaited stands, or is given up.
    private TaskCompletionSource? _coming;
    private int _awaiting;

    // Attempts since the last connection that stood, and such as did not help for long.
    private int _failures;
    private int _attempt;

    // Since when the connection stands, or is missing.
    private long _since;

    public Connector(ClientGate gate, Uri url, MeshClientOptions options, Func<string> clientKey, CallbackQueue callbacks, IConnectorOwner owner, ILogger log)
    {
        (_gate, _options, _clientKey, _owner, _log) = (gate, options, clientKey, owner, log);
        // Without what might be a secret.
        _url = url.GetLeftPart(UriPartial.Path);
        _dialer = new(url, options);
        _retry = new(gate, Open);
        _tooLate = new(gate, () => _link?.Abandon("no answer in time"));
        _token = OperatingSystem.IsBrowser() ? new PageResumeToken(url, gate.Time) : new ResumeToken();
        _watch = options.Dial is not null ? new NoWatch() : OperatingSystem.IsBrowser() ? new PageWatch(gate, this) : new NetworkWatch(gate, NetworkChanged);
        _renewal = new(gate, _dialer, options, this);
        Rooms = new(gate, options.CommandTimeout, callbacks, () => Session?.ConnectionId, Report);
    }

    public Rooms Rooms { get; }

    public MeshClientStatus Status
    {
        get => _status;
        private set
        {
            if (_status == value) return;
            _status = value;
            _owner.StatusChanged(value);
        }
    }

    /// <summary>That of the last connection while there is none.</summary>
    public Session? Session { get; private set; }

    /// <summary>The connection, while it stands.</summary>
    public Link? Standing => Status == MeshClientStatus.Online && _link is { CloseCode: 0 } link ? link : null;

    /// <summary>Completed when the connection that is awaited stands; null if none is.</summary>
    public Task? Coming => _coming?.Task;

    /// <summary>Begins to connect, unless it has begun. Each call is to be followed by one of <see cref="UnawaitAsync"/>.</summary>
    public void Await()
    {
        _awaiting++;
        if (Status == MeshClientStatus.Online || _coming is not null) return;
        _coming = Completions.Create();
        Status = MeshClientStatus.Connecting;
        _failures = _attempt = 0;
        _since = _gate.Time.GetTimestamp();
        Rooms.Begin();
        _watch.Start();
        Open();
    }

    /// <summary>Somebody waits no longer. A first connect for which nobody waits any more is given up.</summary>
    /// <returns>Completed when nothing runs any more.</returns>
    public Task UnawaitAsync(bool isCancelled)
    {
        _awaiting--;
        return isCancelled && _awaiting == 0 && Status == MeshClientStatus.Connecting ? CloseAsync() : Task.CompletedTask;
    }

    /// <summary>Leaves all rooms and closes the connection, for good.</summary>
    /// <returns>Completed when nothing runs any more.</returns>
    public Task CloseAsync()
    {
        var link = _link;
        var stood = Status == MeshClientStatus.Online;
        if (stood) Rooms.Closed(CloseCodes.Normal);
        var closed = Errors.Closed("close");
        var renewal = _renewal.CloseAsync(closed);
        GiveUp(closed);
        if (link is null) return renewal;
        // The link's own end finds the client offline already, and does nothing.
        link.Close(CloseCodes.Normal);
        if (stood) _owner.Disconnected(CloseCodes.Normal, "");
        return Task.WhenAll(link.Completion, renewal);
    }

    /// <summary>Remembers what the server was told of this connection, for those that follow it.</summary>
    public void Remember(MetadataUpdate update) => _metadata = MetadataUpdate.Combine(_metadata, update);

    void ILinkOwner.Opened(Link link) => Resume(link, session => Opened(link, session), error =>
    {
        if (link.CloseCode != 0) return;
        Report(error);
        link.Abandon("no session");
    });

    void ILinkOwner.Received(Link link, string command, RawJson payload)
    {
        try
        {
            if (command == CommandNames.PresenceDiff) Take(link, payload, ProtocolJson.Default.RosterDiff, Rooms.Take);
            else if (command == CommandNames.PresenceUpdate) Take(link, payload, ClientJson.Default.PlainUpdate, Rooms.Take);
            else if (!command.StartsWith("mesh/", StringComparison.Ordinal)) _owner.Received(command, payload);
        }
        catch (JsonException unreadable)
        {
            _log.Unreadable(command, unreadable);
        }
    }

    void ILinkOwner.Ended(Link link, string reason)
    {
        if (link != _link) return;
        if (_renewal.Outlives(link))
        {
            _coming ??= Completions.Create();
            return;
        }
        _link = null;
        _tooLate.Cancel();
        KeepAbandoned(link);
        var code = link.CloseCode;
        if (code == CloseCodes.Resumed && !_renewal.MayHaveResumed) _token.Value = null;
        var stood = Status == MeshClientStatus.Online;
        if (stood) _log.Ended(_url, code, reason);
        else _log.AttemptFailed(_url, reason);

        var isWelcome = _options.Reconnect && CloseCodes.MeansReconnect(code);
        var again = isWelcome && (_options.MaxReconnectAttempts is not { } most || _failures < most);
        var error = Errors.Closed(_url, code, reason);
        _renewal.End(error);
        if (again) Retry(stood);
        if (stood) Rooms.Closed(code);
        if (!again) GiveUp(error);
        if (stood) _owner.Disconnected(code, reason);
        else _owner.Faulted(error);
        if (again) return;
        _log.GaveUp(_url, error.Message);
        if (isWelcome) _owner.ReconnectFailed();
    }

    private void Take<T>(Link link, RawJson payload, JsonTypeInfo<T> type, Action<T> take)
    {
        var read = JsonSerializer.Deserialize(payload.IsAbsent ? "null"u8 : payload.Utf8.Span, type);
        if (read is null) return;
        lock (_gate.Lock)
            if (link == Standing) take(read);
    }

    // Makes one attempt to connect.
    private void Open()
    {
        _retry.Cancel();
        if (_isReviving) return;
        var link = _link = Dial(this);
        _tooLate.Set(_options.ConnectTimeout);
        link.Start();
    }

    private void Opened(Link link, Session session)
    {
        if (link != _link || link.CloseCode != 0) return;
        _tooLate.Cancel();
        var isReconnect = Status == MeshClientStatus.Reconnecting;
        _failures = 0;
        _since = _gate.Time.GetTimestamp();
        Status = MeshClientStatus.Online;
        _log.Connected(_url, session.ConnectionId, session.IsResumed);
        DiscardAbandoned();
        // What another user has said of itself is not said of this one.
        if (Session is not null && Session.UserId != session.UserId) _metadata = null;
        if (_metadata is not null && !session.IsResumed) TellMetadata(link, _metadata);
        Stand(link, session);
        _renewal.Watch(link, session);
        _owner.Connected(isReconnect);
    }

    private void Retry(bool stood)
    {
        if (stood)
        {
            if (_gate.Time.GetElapsedTime(_since) > ReconnectPolicy.Good) _attempt = 0;
            _since = _gate.Time.GetTimestamp();
            _coming ??= Completions.Create();
            Status = MeshClientStatus.Reconnecting;
        }
        var random = Chance();
        var delay = ReconnectPolicy.Delay(_attempt++, _gate.Time.GetElapsedTime(_since), random);
        _failures++;
        _log.WillRetry(_url, delay);
        _retry.Set(delay);
    }

    // Whatever the application's source says, there is a next attempt.
    private double Chance()
    {
        try
        {
            if (_options.Jitter?.Invoke() is { } chance and >= 0 and < 1) return chance;
        }
        catch (Exception failure)
        {
            _log.JitterFailed(failure);
        }
        return Random.Shared.NextDouble();
    }

    // Goes offline until the application connects again.
    private void GiveUp(MeshException error)
    {
        _retry.Cancel();
        _tooLate.Cancel();
        _watch.Stop();
        _isReviving = false;
        _link = null;
        _token.Value = null;
        Status = MeshClientStatus.Offline;
        DiscardAbandoned();
        Rooms.End(error);
        _coming?.Fail(error);
        _coming = null;
    }

    private void DiscardAbandoned()
    {
        while (_abandoned.TryDequeue(out var dead)) dead.Discard();
    }

    private void TellMetadata(Link link, MetadataUpdate update) =>
        link.Request(CommandNames.SetMyConnectionMetadata, update.ToRequest(), _ => true, _options.CommandTimeout, (_, error) =>
        {
            if (error is not null && link.CloseCode == 0) Report(error);
        });

    private void KeepAbandoned(Link link)
    {
        if (link.IsOpen) _abandoned.Enqueue(link);
        if (_abandoned.Count > MostAbandoned) _abandoned.Dequeue().Discard();
    }

    // Whatever was under way went over a network that may be gone.
    private void NetworkChanged()
    {
        if (Status == MeshClientStatus.Online)
        {
            _link?.Probe();
        }
        else if (_link is { } link)
        {
            // The same attempt on another network: the one given up is not a failed one.
            _link = null;
            link.Abandon("the network changed");
            KeepAbandoned(link);
            Open();
        }
        else
        {
            RetryNow();
        }
    }

    // Before its time, and one more than there would have been: it is not the client's choice.
    private void RetryNow()
    {
        if (_coming is null || _link is not null) return;
        _failures = Math.Max(0, _failures - 1);
        Open();
    }

    private void Report(MeshException error)
    {
        _log.Refused(error.Code, error.Message);
        _owner.Faulted(error);
    }
}
