namespace Mesh.Client.Tests;

/// <summary>To connect, to stay connected, and to stop.</summary>
public sealed class ConnectTests : Scenario
{
    [Fact]
    public async Task Tells_in_order_where_it_stands()
    {
        await StartAsync();
        var client = NewClient();
        var recorder = new Recorder(client);
        client.Status.ShouldBe(MeshClientStatus.Offline);
        client.ConnectionId.ShouldBeNull();
        await client.ConnectAsync().InTimeAsync();
        client.Status.ShouldBe(MeshClientStatus.Online);
        Server.Mesh.FindConnection(client.ConnectionId.ShouldNotBeNull()).ShouldNotBeNull().IsOpen.ShouldBeTrue();
        client.UserId.ShouldBeNull();
        await client.ConnectAsync().InTimeAsync();
        await client.CloseAsync().InTimeAsync();
        client.Status.ShouldBe(MeshClientStatus.Offline);
        await recorder.UntilAsync("Connecting", "Online", "connected", "Offline", "disconnected 1000");
        await Wait.UntilAsync(() => Server.Mesh.Connections.Count == 0);
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task Tries_until_there_is_a_server()
    {
        var port = FreePort.Next();
        var client = NewClient(TestServer.UrlAt(port));
        var recorder = new Recorder(client);
        var connecting = client.ConnectAsync();
        await Wait.UntilAsync(() => recorder.Faults >= 2);
        connecting.IsCompleted.ShouldBeFalse();
        await StartAsync(port: port);
        await connecting.InTimeAsync();
        await recorder.UntilAsync("Connecting", "Online", "connected");
    }

    [Fact]
    public async Task Who_cancels_the_first_connect_gives_it_up()
    {
        var client = NewClient(TestServer.UrlAt(FreePort.Next()));
        using var cancel = new CancellationTokenSource();
        var connecting = client.ConnectAsync(cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(connecting.InTimeAsync());
        client.Status.ShouldBe(MeshClientStatus.Offline);
        await Should.ThrowAsync<OperationCanceledException>(client.ConnectAsync(cancel.Token));
        client.Status.ShouldBe(MeshClientStatus.Offline);
    }

    [Fact]
    public async Task Who_cancels_does_not_cancel_for_others()
    {
        var port = FreePort.Next();
        var client = NewClient(TestServer.UrlAt(port));
        using var cancel = new CancellationTokenSource();
        var cancelled = client.ConnectAsync(cancel.Token);
        var patient = client.ConnectAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled.InTimeAsync());
        await StartAsync(port: port);
        await patient.InTimeAsync();
        client.Status.ShouldBe(MeshClientStatus.Online);
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task To_close_in_an_outage_ends_it_for_good()
    {
        await StartAsync();
        await using var network = new TcpProxy(Server.Port);
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        network.Refuse();
        network.Drop();
        await Wait.UntilAsync(() => client.Status == MeshClientStatus.Reconnecting);
        var connecting = client.ConnectAsync();
        var command = client.CommandAsync<string>("echo", "hello");
        await client.CloseAsync().InTimeAsync();
        (await Should.ThrowAsync<MeshException>(connecting.InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
        (await Should.ThrowAsync<MeshException>(command.InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
        network.Forward();
        client.Status.ShouldBe(MeshClientStatus.Offline);
        await client.ConnectAsync().InTimeAsync();
        client.Status.ShouldBe(MeshClientStatus.Online);
    }

    [Fact]
    public async Task Who_cancels_a_close_waits_no_longer_and_it_closes_all_the_same()
    {
        await StartAsync();
        var client = await ConnectAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(client.CloseAsync(cancelled.Token).InTimeAsync());
        client.Status.ShouldBe(MeshClientStatus.Offline);
        await Wait.UntilAsync(() => Server.Mesh.Connections.Count == 0);
    }

    [Fact]
    public async Task Gives_up_after_so_many_failures()
    {
        var client = NewClient(TestServer.UrlAt(FreePort.Next()), options: it => it.MaxReconnectAttempts = 2);
        var recorder = new Recorder(client);
        (await Should.ThrowAsync<MeshException>(client.ConnectAsync().InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
        await recorder.UntilAsync("Connecting", "Offline", "reconnect failed");
        recorder.Faults.ShouldBe(3);
    }

    [Theory]
    [InlineData(4123, true)]
    [InlineData(4200, false)]
    public async Task Does_not_come_back_where_it_is_told_not_to(int code, bool reconnect)
    {
        await StartAsync();
        var client = NewClient(options: it => it.Reconnect = reconnect);
        var recorder = new Recorder(client);
        await client.ConnectAsync().InTimeAsync();
        Server.Mesh.FindConnection(client.ConnectionId!)!.Close(code, "go");
        await recorder.UntilAsync("Connecting", "Online", "connected", "Offline", $"disconnected {code}");
    }

    [Fact]
    public async Task Comes_back_after_any_other_end()
    {
        await StartAsync();
        var client = NewClient();
        var recorder = new Recorder(client);
        await client.ConnectAsync().InTimeAsync();
        Server.Mesh.FindConnection(client.ConnectionId!)!.Close(4200, "later");
        await recorder.UntilAsync("Connecting", "Online", "connected", "Reconnecting", "disconnected 4200", "Online", "reconnected");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1.0)]
    [InlineData(1e300)]
    [InlineData(null)]
    public async Task Comes_back_whatever_its_source_of_jitter_says(double? chance)
    {
        await StartAsync();
        var client = NewClient(options: it => it.Jitter = () => chance ?? throw new InvalidOperationException("No chance."));
        var recorder = new Recorder(client);
        await client.ConnectAsync().InTimeAsync();
        Server.Mesh.FindConnection(client.ConnectionId!)!.Close(4200, "later");
        await recorder.UntilAsync("Connecting", "Online", "connected", "Reconnecting", "disconnected 4200", "Online", "reconnected");
    }

    [Fact]
    public async Task What_is_changed_in_its_options_later_has_no_effect()
    {
        await StartAsync();
        var options = new MeshClientOptions { Storage = new MemoryPresenceStorage(), ConnectTimeout = TimeSpan.FromSeconds(10) };
        await using var client = new MeshClient(Server.Url, options);
        options.CommandTimeout = TimeSpan.Zero;
        options.Headers["not a header\n"] = "x";
        options.ClientKey = "x";
        await client.ConnectAsync().InTimeAsync();
        (await client.CommandAsync<string>("echo", "hello").InTimeAsync()).ShouldBe("hello");
    }

    [Fact]
    public async Task A_client_that_was_disposed_does_not_connect()
    {
        await StartAsync();
        var client = await ConnectAsync();
        await client.DisposeAsync().InTimeAsync();
        await client.DisposeAsync().InTimeAsync();
        client.Status.ShouldBe(MeshClientStatus.Offline);
        await Should.ThrowAsync<ObjectDisposedException>(client.ConnectAsync());
        (await Should.ThrowAsync<MeshException>(client.CommandAsync<string>("echo", "x"))).Code.ShouldBe(ErrorCodes.Closed);
    }

    [Fact]
    public async Task To_close_waits_for_no_server_that_does_not_answer()
    {
        await StartAsync();
        await using var network = new TcpProxy(Server.Port);
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        network.BlackHole();
        await client.CloseAsync().WaitAsync(TimeSpan.FromSeconds(10));
        client.Status.ShouldBe(MeshClientStatus.Offline);
    }

    [Fact]
    public async Task Can_be_opened_and_closed_at_any_moment()
    {
        await StartAsync();
        var client = NewClient();
        for (var round = 0; round < 30; round++)
        {
            var connecting = client.ConnectAsync();
            for (var yields = 0; yields < round; yields++) await Task.Yield();
            await client.CloseAsync().InTimeAsync();
            client.Status.ShouldBe(MeshClientStatus.Offline);
            await ((Task)connecting.ContinueWith(_ => { }, TaskScheduler.Default)).InTimeAsync();
        }
        await client.ConnectAsync().InTimeAsync();
        (await client.CommandAsync<string>("echo", "still here").InTimeAsync()).ShouldBe("still here");
        await Wait.UntilAsync(() => Server.Mesh.Connections.Count == 1);
    }

    [Fact]
    public async Task Events_come_on_the_context_that_the_client_was_made_on()
    {
        ExpectsFailures = true;
        await StartAsync();
        using var context = new QueueContext();
        var client = await context.RunAsync(() => NewClient()).InTimeAsync();
        var on = new List<bool>();
        client.Connected += (_, _) => throw new InvalidOperationException("The application's own.");
        client.Connected += (_, _) => on.Add(context.IsCurrent);
        client.Disconnected += (_, _) => on.Add(context.IsCurrent);
        await client.ConnectAsync().InTimeAsync();
        await client.CloseAsync().InTimeAsync();
        await Wait.UntilAsync(() => on.Count == 2);
        on.ShouldAllBe(it => it);
        LoggedFailures("Connected").ShouldBe(1);
    }
}
