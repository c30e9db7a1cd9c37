using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Mesh.Server.Redis.Tests;

/// <summary>Attempts to connect to Redis again, over which nobody answers.</summary>
public sealed class RedisAttemptsTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_is_not_answered_is_ended_after_half_a_second()
    {
        var attempts = new RedisAttempts(_time);
        attempts.Watch(redis.Connection);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(silent.LocalEndpoint, Cancellation);
        using var far = await silent.AcceptSocketAsync(Cancellation);
        attempts.Begin(silent.LocalEndpoint, ConnectionType.Interactive, socket);

        var end = far.ReceiveAsync(new byte[1], Cancellation).AsTask();
        _time.Advance(4 * Turn);
        end.IsCompleted.ShouldBeFalse();
        await Wait.UntilAsync(_time, Turn, () => end.IsCompleted);
        (await end).ShouldBe(0);
    }

    [Fact]
    public async Task One_that_is_answered_is_left_alone()
    {
        await using var own = RedisConnection.To(ConfigurationOptions.Parse(redis.Address), _time);
        var connection = await own.ReadyAsync();
        var back = new TaskCompletionSource();
        connection.ConnectionRestored += (_, it) =>
        {
            if (it.ConnectionType == ConnectionType.Interactive) back.TrySetResult();
        };
        await redis.Connection.GetServers().Single().ExecuteAsync("CLIENT", "KILL", "ID", await IdAsync());
        await back.Task.WaitAsync(Patience.Limit, Cancellation);
        var id = await IdAsync();
        for (var turn = 0; turn < 20; turn++)
        {
            _time.Advance(Turn);
            // What was due goes on.
            await Task.Yield();
        }
        (await IdAsync()).ShouldBe(id);

        async Task<long> IdAsync() => (long)await connection.GetDatabase().ExecuteAsync("CLIENT", "ID");
    }
}
