using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Server;

/// <summary>Sends broadcasts to all nodes over one channel: whom for as JSON, a line feed, and the frame.</summary>
internal sealed partial class RedisBackplane : IBackplane, IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly RedisConnection _redis;
    private readonly RedisNames _names;
    private readonly RedisRevocations _revocations;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lazy<Task<RedisListening>> _listening;

    public RedisBackplane(RedisConnection redis, RedisNames names, RedisSubscriptions subscriptions, RedisRevocations revocations, TimeProvider time)
    {
        (_redis, _names, _revocations, _time) = (redis, names, revocations, time);
        _listening = new(() => subscriptions.ListenSoonAsync(names.Broadcasts, Receive, static () => { }, _disposed.Token));
    }

    public event Action<Broadcast>? Received
    {
        add
        {
            Receiving += value;
            _ = _listening.Value;
        }
        remove => Receiving -= value;
    }

    public event Action<string>? Revoked
    {
        add => _revocations.Revoked += value;
        remove => _revocations.Revoked -= value;
    }

    private event Action<Broadcast>? Receiving;

    public async ValueTask SendAsync(Broadcast broadcast, CancellationToken cancellationToken)
    {
        var address = JsonSerializer.SerializeToUtf8Bytes(new Address(broadcast.Room, [.. broadcast.Except]), AddressJson.Default.Address);
        var message = new byte[address.Length + 1 + broadcast.Frame.Length];
        address.CopyTo(message, 0);
        message[address.Length] = (byte)'\n';
        broadcast.Frame.CopyTo(message.AsMemory(address.Length + 1));
        await RedisConnection.TryAsync(TellAsync);

        async Task TellAsync()
        {
            // This node hears it, too.
            await ListenAsync(cancellationToken);
            await (await _redis.SubscriberAsync()).PublishAsync(await _redis.ChannelAsync(_names.Broadcasts), message).WaitAsync(cancellationToken);
        }
    }

    public ValueTask RevokeAsync(string userId, CancellationToken cancellationToken) => _revocations.RevokeAsync(userId, cancellationToken);

    /// <summary>Waits until this node hears what is told, for a time.</summary>
    /// <exception cref="TimeoutException">It still does not.</exception>
    public Task ListenAsync(CancellationToken cancellationToken) => Task.WhenAll(_listening.Value, _revocations.Listening).WaitAsync(LongestWait, _time, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // Registered under two types, and so disposed twice.
        if (_disposed.IsCancellationRequested) return;
        await _disposed.CancelAsync();
        _disposed.Dispose();
        if (_listening is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _listening.Value).DisposeAsync();
    }

    private void Receive(ReadOnlyMemory<byte> message)
    {
        var end = message.Span.IndexOf((byte)'\n');
        var address = JsonSerializer.Deserialize(message.Span[..end], AddressJson.Default.Address)!;
        Receiving?.Invoke(new(address.Room, message[(end + 1)..], address.Except.ToImmutableHashSet(StringComparer.Ordinal)));
    }

    internal sealed record Address(string? Room, string[] Except);

    [JsonSerializable(typeof(Address))]
    internal sealed partial class AddressJson : JsonSerializerContext;
}
