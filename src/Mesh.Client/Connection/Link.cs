using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Client;

/// <summary>
/// One connection over one WebSocket: requests, responses, events, and whether it still lives (protocol §3, §5).
/// To be used with the gate held.
/// </summary>
internal sealed class Link : ITransportOwner
{
    private const long MostId = 100_000_000;

    private static readonly TimeSpan Probing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(1);
    private static readonly RawJson Nothing = RawJson.FromText("{}");

    private readonly Dictionary<long, Pending> _pending = [];
    private readonly ClientGate _gate;
    private readonly ILogger _log;
    private readonly Transport _transport;
    private readonly Alarm _watch;
    private readonly Alarm _impatience;
    private Action<string>? _whenAssigned;
    private string? _assignedId;
    private TimeSpan _pingInterval;
    private Moment _heard;
    private long _lastId;

    public Link(ClientGate gate, Dialer dialer, TimeSpan pingInterval, ILinkOwner owner, ILogger log)
    {
        (_gate, _pingInterval, Owner, _log) = (gate, pingInterval, owner, log);
        _transport = new(dialer, this, log);
        _watch = new(gate, Doubt);
        _impatience = new(gate, () => _transport.Abort());
    }

    /// <summary>Who is told what happens. Another one only within the answer to a request, which no frame overtakes.</summary>
    public ILinkOwner Owner { private get; set; }

    /// <summary>0 while it is connecting or open.</summary>
    public int CloseCode { get; private set; }

    /// <summary>What the server takes in one message, in bytes.</summary>
    public int MessageLimit { get; set; } = int.MaxValue;

    /// <summary>The time between two signs of life of the server.</summary>
    public TimeSpan PingInterval
    {
        set
        {
            _pingInterval = value;
            if (CloseCode == 0) _watch.Set(Bound);
        }
    }

    /// <summary>Whether it holds a WebSocket, which may be alive though it was abandoned.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Completed when nothing of it runs any more.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    // A client takes a connection for dead after two and a half ping intervals (§5).
    private TimeSpan Bound => _pingInterval * 2.5;

    public void Start() => Completion = _transport.RunAsync();

    /// <summary>Sends a command. See <see cref="PendingResult{TResult}"/> for how it is answered.</summary>
    public Pending Request<TResult>(string command, RawJson payload, Func<RawJson, TResult> read, TimeSpan timeout, Action<TResult?, MeshException?> answered)
    {
        var pending = new PendingResult<TResult>(command, read, answered);
        if (CloseCode != 0 || !IsOpen) return Refuse(pending, Errors.Closed(command));
        var id = NextId();
        var frame = Frame(id, command, payload);
        if (frame.Length > MessageLimit) return Refuse(pending, Errors.TooLarge(command, MessageLimit));
        _pending.Add(id, pending);
        if (timeout != Timeout.InfiniteTimeSpan) AnswerLate(id, pending, timeout);
        Send(frame);
        return pending;
    }

    /// <summary>The same, with types for what is sent and received.</summary>
    public void Request<TPayload, TResult>(
        string command, TPayload payload, JsonTypeInfo<TPayload> payloadType, JsonTypeInfo<TResult> resultType, TimeSpan timeout, Action<TResult?, MeshException?> answered)
        where TResult : notnull =>
        Request(
            command,
            new(JsonSerializer.SerializeToUtf8Bytes(payload, payloadType)),
            json => JsonSerializer.Deserialize(json.IsAbsent ? "null"u8 : json.Utf8.Span, resultType) ?? throw new JsonException("There is no result."),
            timeout,
            answered);

    /// <summary>The response to a request, should it come, is of no interest any more.</summary>
    public void Forget(Pending pending)
    {
        foreach (var (id, waiting) in _pending)
        {
            if (waiting != pending) continue;
            _pending.Remove(id);
            pending.Late?.Cancel();
            return;
        }
    }

    /// <summary>Calls back with the id that the server gave at the start, as soon as it has.</summary>
    public void WhenAssigned(Action<string> assigned)
    {
        if (_assignedId is not null) assigned(_assignedId);
        else _whenAssigned = assigned;
    }

    /// <summary>Ends the connection with a close frame, which also ends the session.</summary>
    public void Close(int code)
    {
        End(code, "");
        _transport.Close(code, "");
        if (IsOpen) _impatience.Set(Impatience);
        else _transport.Abort();
    }

    /// <summary>
    /// Takes the connection for dead. No close frame is sent: it would end the session, were the connection alive after all.
    /// To be followed by <see cref="Discard"/> as soon as the session has a new connection.
    /// </summary>
    public void Abandon(string reason)
    {
        End(Transport.Dropped, reason);
        if (!IsOpen) _transport.Abort();
    }

    /// <summary>Frees what an abandoned connection holds.</summary>
    public void Discard() => _transport.Abort();

    /// <summary>Takes the connection for dead if nothing came for too long; asks the server for a sign of life if in doubt.</summary>
    public void Check()
    {
        var silence = _heard.Elapsed(_gate.Time);
        if (silence > Bound) Abandon("no sign of life");
        else if (silence > Probing) Probe();
    }

    /// <summary>Takes the connection for dead unless the server gives a sign of life soon.</summary>
    public void Probe()
    {
        var heard = _heard;
        Request<bool>(CommandNames.Noop, Nothing, _ => true, Probing, (_, error) =>
        {
            if (error is not null && CloseCode == 0 && _heard == heard) Abandon("no sign of life");
        });
    }

    void ITransportOwner.Opened()
    {
        lock (_gate.Lock)
        {
            IsOpen = true;
            if (CloseCode != 0) return;
            Hear();
            _watch.Set(Bound);
            Owner.Opened(this);
        }
    }

    void ITransportOwner.Received(ReadOnlyMemory<byte> message)
    {
        if (!ReceivedFrame.TryParse(message, out var frame)) return;
        Pending? pending = null;
        lock (_gate.Lock)
        {
            if (CloseCode != 0) return;
            Hear();
            if (frame.HasId && _pending.Remove(frame.Id, out pending)) pending.Late?.Cancel();
        }
        if (pending is not null) Answer(pending, frame.Payload);
        else if (!frame.HasId && frame.Command is not null) Take(frame.Command, frame.Payload);
    }

    void ITransportOwner.Ended(int code, string reason)
    {
        lock (_gate.Lock)
        {
            // A server that has said goodbye may not take what is still sent: only the second time is it over.
            if (!IsOpen) _impatience.Cancel();
            else if (!_impatience.IsSet) _impatience.Set(Impatience);
            IsOpen = false;
            End(code, reason);
        }
    }

    private void Answer(Pending pending, RawJson payload)
    {
        MeshException? error;
        try
        {
            error = ErrorPayload.Read(payload);
            if (error is null) pending.Read(payload);
        }
        catch (JsonException unreadable)
        {
            _log.Unreadable(pending.Command, unreadable);
            error = Errors.Unreadable(pending.Command);
        }
        lock (_gate.Lock) pending.Answer(CloseCode == 0 ? error : Errors.Closed(pending.Command));
    }

    private void AnswerLate(long id, Pending pending, TimeSpan timeout)
    {
        pending.Late = new(_gate, () =>
        {
            _pending.Remove(id);
            pending.Answer(Errors.Timeout(pending.Command, timeout));
        });
        pending.Late.Set(timeout);
    }

    private void Take(string command, RawJson payload)
    {
        if (command is CommandNames.Ping or CommandNames.LatencyRequest or CommandNames.AssignId)
        {
            lock (_gate.Lock)
            {
                if (CloseCode != 0) return;
                if (command == CommandNames.AssignId) Assign(payload);
                else Send(Frame(NextId(), command == CommandNames.Ping ? CommandNames.Pong : CommandNames.LatencyResponse, Nothing));
            }
        }
        Owner.Received(this, command, payload);
    }

    private void Assign(RawJson payload)
    {
        _assignedId = payload.Parse() is { ValueKind: JsonValueKind.String } id ? id.GetString() : payload.ToString();
        _whenAssigned?.Invoke(_assignedId!);
        _whenAssigned = null;
    }

    private void Send(byte[] frame)
    {
        // Only a server that has stopped reading lets so many wait. Who asks is answered after the call.
        if (!_transport.TrySend(frame)) _gate.Later(() => Abandon("the server does not take what is sent"));
    }

    private Pending Refuse(Pending pending, MeshException error)
    {
        _gate.Later(() => pending.Answer(error));
        return pending;
    }

    private long NextId() => _lastId = (_lastId + 1) % MostId;

    // A request has the shape of a response.
    private static byte[] Frame(long id, string command, RawJson payload) =>
        OutboundFrame.Response(new(Encoding.UTF8.GetBytes(id.ToString(CultureInfo.InvariantCulture))), command, payload);

    private void Hear() => _heard = Moment.Now(_gate.Time);

    private void Doubt()
    {
        var silence = _heard.Elapsed(_gate.Time);
        if (silence < Bound)
        {
            _watch.Set(Bound - silence);
            return;
        }
        // The timer may be as late as the machine was asleep, and frames may wait behind it.
        Probe();
        _watch.Set(Bound);
    }

    private void End(int code, string reason)
    {
        if (CloseCode != 0) return;
        CloseCode = code == 0 ? Transport.Dropped : code;
        _watch.Cancel();
        _whenAssigned = null;
        Owner.Ended(this, reason);
        // Whoever is told now finds that the connection has ended.
        var pending = _pending.Values.ToList();
        _pending.Clear();
        foreach (var one in pending)
        {
            one.Late?.Cancel();
            one.Answer(Errors.Closed(one.Command));
        }
    }
}
