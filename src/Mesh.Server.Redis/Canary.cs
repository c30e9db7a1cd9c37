using System.Net;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>What <see cref="RedisCanary"/> tells this node itself over the subscriptions of one server.</summary>
internal sealed class Canary(RedisConnection redis, string channel, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long one may take.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Queue<(long Number, long SentAt)> _underway = new();
    private RedisListening? _listening;
    private long _last;
    private long _heardAt = time.GetTimestamp();

    /// <summary>How long ago the last one came, or they were begun.</summary>
    public TimeSpan SinceHeard => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    public string Channel => channel;

    public EndPoint? Server => _listening?.Server;

    public async Task BeginAsync(RedisSubscriptions subscriptions) => _listening = await subscriptions.ListenAsync(channel, Receive, static () => { });

    /// <summary>Whether the oldest under way is late; then all are forgotten.</summary>
    public bool IsLate()
    {
        lock (_gate)
        {
            if (!_underway.TryPeek(out var oldest) || time.GetElapsedTime(oldest.SentAt) < Late) return false;
            _underway.Clear();
            return true;
        }
    }

    public async Task SendAsync()
    {
        var number = ++_last;
        lock (_gate) _underway.Enqueue((number, time.GetTimestamp()));
        try
        {
            await (await redis.SubscriberAsync()).PublishAsync(await redis.ChannelAsync(channel), number);
        }
        catch (TimeoutException)
        {
            // It was sent, and nothing is heard: all the more it is late.
        }
        catch (Exception away) when (RedisConnection.IsOfRedis(away))
        {
            // One that was never sent says nothing of the subscriptions.
            Arrive(number);
        }
    }

    public ValueTask DisposeAsync() => _listening?.DisposeAsync() ?? ValueTask.CompletedTask;

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
}
