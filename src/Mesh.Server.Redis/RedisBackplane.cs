using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Server;

/// <summary>Sends broadcasts to all nodes over one channel: whom for as JSON, a line feed, and the frame.</summary>
internal sealed partial class RedisBackplane : IBackplane, IAsyncDisposable
{
    private readonly RedisConnection _redis;
    private readonly RedisNames _names;
    private readonly RedisSubscriptions _subscriptions;
    private readonly Lazy<Task<RedisListening>> _listening;

    public RedisBackplane(RedisConnection redis, RedisNames names, RedisSubscriptions subscriptions)
    {
        (_redis, _names, _subscriptions) = (redis, names, subscriptions);
        _listening = new(ListenAsync);
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

    private event Action<Broadcast>? Receiving;

    public async ValueTask SendAsync(Broadcast broadcast, CancellationToken cancellationToken)
    {
        await _listening.Value.WaitAsync(cancellationToken);
        var address = JsonSerializer.SerializeToUtf8Bytes(new Address(broadcast.Room, [.. broadcast.Except]), AddressJson.Default.Address);
        var message = new byte[address.Length + 1 + broadcast.Frame.Length];
        address.CopyTo(message, 0);
        message[address.Length] = (byte)'\n';
        broadcast.Frame.CopyTo(message.AsMemory(address.Length + 1));
        await (await _redis.SubscriberAsync()).PublishAsync(await _redis.ChannelAsync(_names.Broadcasts), message).WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_listening is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _listening.Value).DisposeAsync();
    }

    private Task<RedisListening> ListenAsync() => _subscriptions.ListenAsync(_names.Broadcasts, Receive, static () => { });

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
