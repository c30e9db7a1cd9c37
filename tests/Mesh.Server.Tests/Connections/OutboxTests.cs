using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §12: what waits for a receiver.</summary>
public sealed class OutboxTests
{
    private const int Limit = 64 * 1024;

    [Fact]
    public async Task It_has_eased_while_something_is_left_to_send()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var outbox = new Outbox(Limit, TimeProvider.System);
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (crowded, easedBeforeTheLast) = (false, false);
        outbox.Eased += () => easedBeforeTheLast |= !last.Task.IsCompleted;
        for (var at = 0; at < 20; at++) outbox.TryAdd(OutboundMessage.Of(new byte[1024])).ShouldBeTrue();
        outbox.TryAdd(OutboundMessage.OfSnapshot([new byte[1024]], last)).ShouldBeTrue();
        crowded = outbox.IsCrowded;
        outbox.Complete(discard: false);

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var receiver = new TcpClient();
        await receiver.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellationToken);
        using var sender = await listener.AcceptTcpClientAsync(cancellationToken);
        using var socket = WebSocket.CreateFromStream(sender.GetStream(), new WebSocketCreationOptions { IsServer = true });
        await outbox.WriteAsync(socket, cancellationToken);

        (crowded, easedBeforeTheLast, outbox.IsCrowded).ShouldBe((true, true, false));
        last.Task.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task What_can_not_be_written_ends_its_receiver_and_nobody_else()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        server.Mesh.FindConnection(client.Id)!.Transport!.TrySend(OutboundMessage.OfSnapshot(() => throw new NotSupportedException(), new()));
        (await client.Closed).ShouldBe(1006);
        await server.UntilGoneAsync(client.Id);
        await other.FenceAsync();
        await Wait.UntilAsync(() => server.Errors.All.Count == 1);
        server.Errors.Clear();
    }
}
