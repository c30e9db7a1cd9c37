using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>
/// Tells this node something over its own subscriptions each second. A lost message that others follow makes a gap; the last one makes
/// none, and a canary that does not come says that it may be lost.
/// </summary>
internal sealed partial class RedisCanary(
    RedisConnection redis, RedisNames names, RedisSubscriptions subscriptions, TimeProvider time, ILogger<RedisCanary> log) : BackgroundService
{
    /// <summary>How long a canary may take.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly RedisChannel _channel = names.Canary(RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 20));
    private readonly Lock _gate = new();
    private readonly Queue<(long Number, long SentAt)> _underway = new();
    private long _last;
    private long _heardAt = time.GetTimestamp();

    /// <summary>How long ago the last one came, or they were begun.</summary>
    public TimeSpan SinceHeard => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        RedisListening? listening = null;
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                try
                {
                    listening ??= await subscriptions.ListenAsync(_channel, Receive, static () => { });
                    await LookAsync();
                }
                catch (Exception away) when (away is RedisException || RedisConnection.IsAway(away))
                {
                    // RedisHeartbeat says so.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        if (listening is not null) await listening.DisposeAsync();
    }

    private async Task LookAsync()
    {
        var connection = await redis.ReadyAsync();
        var subscriber = connection.GetSubscriber();
        if (IsLate())
        {
            LogLate(log, Late);
            subscriptions.Suspect(subscriber.SubscribedEndpoint(_channel));
        }
        _ = SendAsync(subscriber);
    }

    private async Task SendAsync(ISubscriber subscriber)
    {
        var number = ++_last;
        lock (_gate) _underway.Enqueue((number, time.GetTimestamp()));
        try
        {
            await subscriber.PublishAsync(_channel, number);
        }
        catch (Exception away) when (away is RedisException || RedisConnection.IsAway(away))
        {
            // One that was never sent says nothing of the subscriptions.
            Arrive(number);
        }
    }

    private void Receive(ReadOnlyMemory<byte> message)
    {
        Volatile.Write(ref _heardAt, time.GetTimestamp());
        Arrive((long)(RedisValue)message);
    }

    private void Arrive(long number)
    {
        lock (_gate)
            while (_underway.TryPeek(out var oldest) && oldest.Number <= number) _underway.Dequeue();
    }

    private bool IsLate()
    {
        lock (_gate)
        {
            if (!_underway.TryPeek(out var oldest) || time.GetElapsedTime(oldest.SentAt) < Late) return false;
            _underway.Clear();
            return true;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Redis told nothing for {Late}: subscriptions are made anew, and all rooms read again.")]
    private static partial void LogLate(ILogger log, TimeSpan late);
}
