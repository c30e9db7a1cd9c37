using System.Net.WebSockets;

namespace Mesh.Server.Tests.Faults;

/// <summary>A graceful shutdown is quick, whoever is connected.</summary>
[Trait("Fault", "21")]
public sealed class ShutdownTests
{
    [Fact]
    public async Task Stopping_does_not_wait_for_clients_that_reconnect()
    {
        await using var server = await TestServer.StartAsync();
        using var over = new CancellationTokenSource();
        var connected = 0;
        var clients = Enumerable.Range(0, 20).Select(async at =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    await using var client = await server.ConnectAsync();
                    if (at % 2 == 0) await client.OpenSessionAsync();
                    await client.JoinAsync("r");
                    Interlocked.Increment(ref connected);
                    (await client.Closed).ShouldBeOneOf(CloseCodes.GoingAway, 1006);
                }
                catch (Exception down) when (down is WebSocketException or TimeoutException or InvalidOperationException)
                {
                    await Task.Yield();
                }
            }
        }).ToList();
        await Wait.UntilAsync(() => connected >= 20);

        var started = TimeProvider.System.GetTimestamp();
        await server.StopAsync();
        var took = TimeProvider.System.GetElapsedTime(started);
        await over.CancelAsync();
        await Task.WhenAll(clients);
        took.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Clients_are_told_1001_and_what_was_queued_arrives_before()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        for (var at = 0; at < 100; at++) await server.Mesh.BroadcastAsync("late", at, cancellationToken: TestContext.Current.CancellationToken);
        await server.StopAsync();
        (await client.Closed).ShouldBe(CloseCodes.GoingAway);
        client.Events.Count.ShouldBe(100);
    }

    [Fact]
    public async Task A_client_that_answers_nothing_holds_it_up_no_longer_than_the_close_timeout()
    {
        await using var server = await TestServer.StartAsync();
        await using var mute = await RawConnection.UpgradeAsync(server.Http);
        await mute.UntilAsync(it => it.Contains("mesh/assign-id", StringComparison.Ordinal));
        var started = TimeProvider.System.GetTimestamp();
        await server.StopAsync();
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_handler_that_heeds_its_token_holds_up_nothing()
    {
        var running = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(mesh: it => it.AddCommand<RawJson, bool>("forever", async (context, _) =>
        {
            running.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            return true;
        }));
        await using var client = await server.ConnectAsync();
        await client.SendAsync("forever");
        await running.Task;
        var started = TimeProvider.System.GetTimestamp();
        await server.StopAsync();
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }
}
