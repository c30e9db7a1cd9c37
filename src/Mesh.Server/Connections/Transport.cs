using System.Net.WebSockets;
using System.Threading.Channels;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>One WebSocket: a reader, a dispatcher that runs commands in the order sent, and a writer.</summary>
internal sealed class Transport : IAsyncDisposable
{
    private const int MostWaiting = 32;

    // Of frames larger than this one at a time waits, or is executed.
    private const int LargeFrame = 4 * 1024;

    private readonly WebSocket _socket;
    private readonly Action _abortRequest;
    private readonly CancellationToken _hungUp;
    private readonly MeshOptions _options;
    private readonly TimeProvider _time;
    private readonly MeshMetrics _metrics;
    private readonly SnapshotsUnderWay _snapshots;
    private readonly ILogger _log;
    private readonly MessageReader _reader;
    private readonly Outbox _outbox;
    private readonly TokenBucket _commands;
    private readonly CancellationTokenSource _killed = new();
    private readonly CancellationTokenSource _gone;
    private readonly TaskCompletionSource _closeRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _largeTurn = new(1);
    private readonly Channel<InboundFrame> _inbound = Channel.CreateBounded<InboundFrame>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true });

    private readonly Lock _ownerGate = new();
    private readonly Lock _closeGate = new();
    private bool _isTakenAway;
    private bool _isOver;
    private (int Code, string Reason)? _close;
    private ITimer? _closeTimer;
    private Task _onTheWire = Task.CompletedTask;
    private Task _dispatching = Task.CompletedTask;
    private Task _told = Task.CompletedTask;
    private TaskCompletionSource _snapshotSent = new();
    private long _lastSeen;
    private volatile Authentication _authentication;
    private volatile bool _isHeldUp;
    private volatile bool _hasAnsweredItself;

    public Transport(
        WebSocket socket, Action abortRequest, Authentication authentication, MeshOptions options, TimeProvider time, MeshMetrics metrics, SnapshotsUnderWay snapshots, ILogger log, CancellationToken hungUp)
    {
        _log = log;
        _snapshotSent.SetResult();
        _snapshots = snapshots;
        _authentication = authentication;
        _socket = socket;
        _abortRequest = abortRequest;
        _hungUp = hungUp;
        _options = options;
        _time = time;
        _metrics = metrics;
        _reader = new(socket, options.MessageBytes);
        _outbox = new(options.OutboundBytes, time);
        _commands = new(options.CommandsPerSecond, options.CommandBurst, time);
        _lastSeen = time.GetTimestamp();
        Subscriptions = new(this, options.RoomsPerConnection);
        _outbox.Eased += Subscriptions.CatchUp;
        _gone = CancellationTokenSource.CreateLinkedTokenSource(_killed.Token);
        Gone = _gone.Token;
    }

    /// <summary>Whose WebSocket this is: another connection's after a resume.</summary>
    public required MeshConnection Connection { get; set; }

    /// <summary>Who its request was authenticated as, or what renewed that since.</summary>
    public Authentication Authentication => _authentication;

    /// <summary>Told when the authentication was renewed.</summary>
    public Action? AuthenticationRenewed { get; set; }

    /// <summary>Puts another authentication of the same user in place of the one at hand.</summary>
    public void Renew(Authentication renewed)
    {
        lock (_ownerGate)
        {
            _authentication = renewed;
            Connection.Renew(this, renewed.User);
        }
        AuthenticationRenewed?.Invoke();
    }

    /// <summary>Gives the WebSocket to a connection that is resumed; false if either has ended.</summary>
    public bool TryGiveTo(MeshConnection resumed, out Transport? predecessor)
    {
        lock (_ownerGate)
        {
            predecessor = null;
            if (_isTakenAway || !resumed.TryAttach(this, _authentication.User, out predecessor)) return false;
            Connection = resumed;
            return true;
        }
    }

    /// <summary>The connection that loses this WebSocket, which is given to no other from now on.</summary>
    public MeshConnection TakeAway()
    {
        lock (_ownerGate)
        {
            _isTakenAway = true;
            return Connection;
        }
    }

    /// <summary>The rooms this WebSocket is told about.</summary>
    public Subscriptions Subscriptions { get; }

    /// <summary>True once a command came that is not <c>mesh/session</c>.</summary>
    public bool HasHadCommand { get; set; }

    /// <summary>Cancelled when the WebSocket has ended.</summary>
    public CancellationToken Gone { get; }

    /// <summary>True while the server does not read, since commands wait.</summary>
    public bool IsHeldUp => _isHeldUp;

    /// <summary>How long nothing was received; zero while it is the server that does not read.</summary>
    public TimeSpan SilentFor => IsHeldUp ? TimeSpan.Zero : _time.GetElapsedTime(Interlocked.Read(ref _lastSeen));

    /// <summary>How long the receiver has not taken what is being sent.</summary>
    public TimeSpan StuckFor => _outbox.StuckFor;

    /// <summary>True once the server closes it.</summary>
    public bool IsClosing => _closeRequested.Task.IsCompleted;

    /// <summary>True while diffs should be held back.</summary>
    public bool IsCrowded => _outbox.IsCrowded;

    /// <summary>How many bytes may wait to be sent.</summary>
    public int OutboundBytes => _options.OutboundBytes;

    /// <summary>A command that changes so many rooms counts as so many commands, and waits for its turn like them (protocol §12).</summary>
    public ValueTask PayForAsync(int rooms) => rooms > 1 ? _commands.PayAsync(rooms - 1, Gone) : ValueTask.CompletedTask;

    /// <summary>Told when an answer to a latency request arrives.</summary>
    public Action? LatencyAnswered { get; set; }

    /// <summary>Queues a message; false if the WebSocket is closing. A receiver too slow for its queue is closed, and learns why.</summary>
    public bool TrySend(OutboundMessage message)
    {
        if (_outbox.TryAdd(message)) return true;
        message.Sent?.TrySetResult(); // It is not on its way.
        RequestClose(CloseCodes.SlowReceiver, "too slow for its outbound queue");
        return false;
    }

    /// <summary>Queues a frame for this receiver alone: for many, make the message once.</summary>
    public bool TrySend(ReadOnlyMemory<byte> frame) => TrySend(OutboundMessage.Of(frame));

    /// <summary>Queues a response. A large one, or one in parts, does not count against the limit, but is one in flight.</summary>
    public async ValueTask RespondAsync(ReadOnlyMemory<byte>[] parts)
    {
        if (parts is [var frame] && frame.Length <= _options.OutboundBytes / 4) TrySend(frame);
        else await SendSnapshotAsync(parts);
    }

    /// <summary>Queues an answer that holds whole rosters, once the one before was sent. It does not count against the limit.</summary>
    /// <param name="parts">Its bytes, in order; those that others get too are shared.</param>
    /// <exception cref="OperationCanceledException">The WebSocket has ended.</exception>
    public async ValueTask SendSnapshotAsync(ReadOnlyMemory<byte>[] parts)
    {
        // It is kept while it waits for its turn, too.
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _snapshots.Begin(this, parts, sent.Task);
        try
        {
            await TakeSnapshotTurnAsync(sent);
        }
        catch
        {
            sent.TrySetResult();
            throw;
        }
        TrySend(OutboundMessage.OfSnapshot(parts, sent));
    }

    /// <summary>The same, of a roster that is known, and whose bytes are written, only later.</summary>
    /// <param name="queue">Queues the message that it is given the end of, and says of which roster.</param>
    public async ValueTask SendSnapshotAsync(Func<TaskCompletionSource, Roster> queue)
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await TakeSnapshotTurnAsync(sent);
            _snapshots.Begin(this, queue(sent), sent.Task);
        }
        catch
        {
            sent.TrySetResult();
            throw;
        }
    }

    // A connection has one in flight. Two may ask at a time, where middleware does not wait for a handler.
    private Task TakeSnapshotTurnAsync(TaskCompletionSource next) => Interlocked.Exchange(ref _snapshotSent, next).Task.WaitAsync(Gone);

    /// <summary>
    /// Closes once what is queued was sent (to a slow receiver: the message under way), or the close timeout has passed. The first
    /// code stays.
    /// </summary>
    public void RequestClose(int code, string reason)
    {
        lock (_closeGate)
        {
            if (_close is not null) return;
            _close = (code, reason);
            _closeTimer = _time.CreateTimer(static it => ((Transport)it!).Kill(), this, _options.CloseTimeout, Timeout.InfiniteTimeSpan);
        }
        _outbox.Complete(discard: code == CloseCodes.SlowReceiver);
        _closeRequested.TrySetResult();
    }

    /// <summary>Closes for a receiver that could not be told why, or not soon enough.</summary>
    public void CloseAtOnce(int code, string reason)
    {
        RequestClose(code, reason);
        Kill();
    }

    /// <summary>Ends the WebSocket without a word.</summary>
    public void Kill()
    {
        lock (_closeGate)
        {
            // Its request may be another by now.
            if (_isOver) return;
            TellHandlers(_killed);
            _abortRequest();
        }
    }

    /// <summary>Runs until either side ends it. Then call <see cref="FinishAsync"/>.</summary>
    public async Task<TransportEnd> RunAsync(Func<Transport, InboundFrame, ValueTask> execute)
    {
        var reading = ReadAsync();
        _dispatching = DispatchAsync(execute);
        _onTheWire = Task.WhenAll(reading, WriteAsync());
        await Task.WhenAny(reading, _closeRequested.Task);

        _inbound.Writer.TryComplete();
        var end = _close is { } close ? new TransportEnd(close.Code, ByServer: true) : new(await reading, ByServer: false);
        // What was sent before a clean close still takes effect, unless a handler holds it up.
        if (!end.ByServer && end.Code != TransportEnd.Dropped)
            await Task.WhenAny(_dispatching, Task.Delay(_options.CloseTimeout, _time));
        lock (_closeGate) TellHandlers(_gone);
        return end;
    }

    // What handlers have registered for the end runs elsewhere, and may throw, or take long.
    private void TellHandlers(CancellationTokenSource end) => _told = Task.WhenAll(_told, LogFailureAsync(end.CancelAsync()));

    private async Task LogFailureAsync(Task cancelling)
    {
        try
        {
            await cancelling;
        }
        catch (Exception failure)
        {
            _log.AtItsEndFailed(Connection.Id, failure);
        }
    }

    /// <summary>Says goodbye, and waits until nothing runs any more; not long for a handler that does not end when it should.</summary>
    public async Task FinishAsync(TransportEnd end)
    {
        if (end.Code == TransportEnd.Dropped) Kill();
        RequestClose(end.Code == TransportEnd.Dropped ? CloseCodes.Normal : end.Code, "");
        await _onTheWire;
        _outbox.Abandon();
        if (!_dispatching.IsCompleted) await Task.WhenAny(_dispatching, Task.Delay(_options.CloseTimeout, _time));
        if (!_dispatching.IsCompleted) Kill();
    }

    public async ValueTask DisposeAsync()
    {
        await _dispatching;
        lock (_closeGate) _isOver = true;
        await _told;
        if (_closeTimer is not null) await _closeTimer.DisposeAsync();
        // It is not on its way any more.
        _snapshotSent.TrySetResult();
        _gone.Dispose();
        _largeTurn.Dispose();
        _killed.Dispose();
        _socket.Dispose();
    }

    private async Task<int> ReadAsync()
    {
        while (true)
        {
            var message = await _reader.ReadAsync(_killed.Token);
            _hasAnsweredItself = message is { Refusal: not null, End: not null };
            if (message.Refusal is { } refusal) RequestClose(refusal, WhyRefused(refusal));
            if (_hasAnsweredItself) await HungUpAsync();
            if (message.End is { } end) return end;
            Interlocked.Exchange(ref _lastSeen, _time.GetTimestamp());
            if (message.Refusal is not null) continue;
            // After the server's close only the client's own is waited for.
            if (_close is null) await TakeAsync(InboundFrame.Parse(message.Utf8));
        }
    }

    // To end at once could overtake the close frame, and its receiver would take it for a drop.
    private async Task HungUpAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_killed.Token, _hungUp);
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static string WhyRefused(int code) => code switch
    {
        CloseCodes.Binary => "text only",
        CloseCodes.TooBig => "message too big",
        _ => "not JSON",
    };

    private async ValueTask TakeAsync(InboundFrame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.NotJson:
                RequestClose(CloseCodes.NotJson, WhyRefused(CloseCodes.NotJson));
                break;
            case FrameKind.Ignored:
                _metrics.FrameIgnored();
                break;
            case FrameKind.Liveness:
                if (frame.Command == CommandNames.LatencyResponse) LatencyAnswered?.Invoke();
                break;
            default:
                await QueueAsync(frame);
                break;
        }
    }

    private async ValueTask QueueAsync(InboundFrame frame)
    {
        _isHeldUp = true;
        try
        {
            if (await _commands.TakeAsync(Gone))
            {
                if (IsLarge(frame)) await _largeTurn.WaitAsync(Gone);
                await _inbound.Writer.WriteAsync(frame, Gone);
            }
            else TrySend(OutboundFrame.Error(frame.Id, frame.Command, new MeshException(ErrorCodes.Rate, "Too many commands")));
        }
        catch (Exception ended) when (ended is OperationCanceledException or ChannelClosedException)
        {
            // It came after the end.
        }
        finally
        {
            Interlocked.Exchange(ref _lastSeen, _time.GetTimestamp());
            _isHeldUp = false;
        }
    }

    private async Task DispatchAsync(Func<Transport, InboundFrame, ValueTask> execute)
    {
        await foreach (var frame in _inbound.Reader.ReadAllAsync())
        {
            if (_close is null && !Gone.IsCancellationRequested) await execute(this, frame);
            if (IsLarge(frame)) _largeTurn.Release();
        }
    }

    private static bool IsLarge(InboundFrame frame) => frame.Size > LargeFrame;

    private async Task WriteAsync()
    {
        try
        {
            await _outbox.WriteAsync(_socket, _killed.Token);
            var (code, reason) = _close ?? (CloseCodes.Normal, "");
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, _killed.Token);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            if (!_hasAnsweredItself) Kill();
        }
        catch
        {
            // The product's own fault. Without an end nothing would be sent any more, and nobody would notice.
            Kill();
            throw;
        }
        finally
        {
            _outbox.Abandon();
        }
    }
}
