using System.Globalization;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Pings one WebSocket, measures its latency, and ends it when it gave no sign of life, or took nothing, for two ping intervals (protocol §5).</summary>
internal sealed class Liveness : IDisposable
{
    private static readonly RawJson Nothing = RawJson.FromText("{}");
    private static readonly ReadOnlyMemory<byte> Ping = OutboundFrame.Event(CommandNames.Ping, Nothing);
    private static readonly ReadOnlyMemory<byte> LatencyRequest = OutboundFrame.Event(CommandNames.LatencyRequest, Nothing);

    // The first ping comes early, so that a connection that only listens is soon known to be there.
    private static readonly TimeSpan FirstPing = TimeSpan.FromSeconds(1);

    // A little before two intervals are over, so that within them and the grace the leave is not only due, but seen.
    private const double DeadAfterIntervals = 1.99;

    private readonly Lock _gate = new();
    private readonly Transport _transport;
    private readonly MeshOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<Transport> _seen;
    private readonly ITimer _pings;
    private readonly ITimer _latencies;
    private bool _disposed;
    private long _pingedAt;
    private long _askedAt;
    private long _latency;

    /// <summary>Begins. <paramref name="seen"/> is called with each ping.</summary>
    public Liveness(Transport transport, MeshOptions options, TimeProvider time, Action<Transport> seen)
    {
        (_transport, _options, _time, _seen) = (transport, options, time, seen);
        transport.LatencyAnswered = () => Interlocked.Exchange(ref _latency, (long)time.GetElapsedTime(Interlocked.Read(ref _askedAt)).TotalMilliseconds);
        _latencies = time.CreateTimer(_ => AskLatency(), null, options.LatencyInterval, options.LatencyInterval);
        _pings = time.CreateTimer(_ => Check(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Next(Shorter(FirstPing, options.PingInterval));
    }

    public void Dispose()
    {
        lock (_gate) _disposed = true;
        _pings.Dispose();
        _latencies.Dispose();
    }

    private void Check()
    {
        var dead = _options.PingInterval * DeadAfterIntervals;
        var (silent, stuck) = (_transport.SilentFor, _transport.StuckFor);
        if (silent >= dead)
        {
            _transport.RequestClose(CloseCodes.Silent, "no sign of life");
            return;
        }
        // Its commands may wait for what it does not take, and then nobody reads its signs of life.
        if (stuck >= dead)
        {
            _transport.RequestClose(CloseCodes.SlowReceiver, "takes nothing that is sent");
            return;
        }
        _seen(_transport);
        if (_pingedAt == 0 || _time.GetElapsedTime(_pingedAt) >= _options.PingInterval)
        {
            _pingedAt = _time.GetTimestamp();
            _transport.TrySend(Ping);
        }
        Next(Shorter(_options.PingInterval - _time.GetElapsedTime(_pingedAt), dead - (silent > stuck ? silent : stuck)));
    }

    private void AskLatency()
    {
        Interlocked.Exchange(ref _askedAt, _time.GetTimestamp());
        var latency = RawJson.FromText(Interlocked.Read(ref _latency).ToString(CultureInfo.InvariantCulture));
        _transport.TrySend(OutboundFrame.Event(CommandNames.Latency, latency));
        _transport.TrySend(LatencyRequest);
    }

    private void Next(TimeSpan due)
    {
        lock (_gate)
            if (!_disposed) _pings.Change(due > TimeSpan.Zero ? due : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
