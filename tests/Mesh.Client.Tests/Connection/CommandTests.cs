using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Client.Tests;

/// <summary>Commands and what the server sends on its own.</summary>
public sealed partial class CommandTests : Scenario
{
    public override async ValueTask InitializeAsync() => await StartAsync(options: it => (it.CommandsPerSecond, it.CommandBurst) = (100_000, 100_000));

    [Fact]
    public async Task A_command_is_answered_in_the_types_of_the_application()
    {
        var client = await ConnectAsync();
        (await client.CommandAsync<Greeting>("echo", new { text = "hello", isLoud = true }).InTimeAsync()).ShouldBe(new Greeting("hello", true));
        (await client.CommandAsync("echo", new Greeting("hi", false), TestJson.Default.Greeting, TestJson.Default.Greeting).InTimeAsync()).ShouldBe(new Greeting("hi", false));
        (await client.CommandAsync("echo", TestJson.Default.JsonElement).InTimeAsync()).GetRawText().ShouldBe("{}");
        (await client.CommandAsync<int>("echo", 5).InTimeAsync()).ShouldBe(5);
        (await client.CommandAsync<string?>("mesh/noop").InTimeAsync().ContinueWith(it => it.Exception?.InnerException is JsonException, TaskScheduler.Default)).ShouldBeTrue();
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task An_error_is_thrown_with_its_code()
    {
        var client = await ConnectAsync();
        var refusal = await Should.ThrowAsync<MeshException>(client.CommandAsync<string>("fail").InTimeAsync());
        (refusal.Code, refusal.Message).ShouldBe(("EAUTH", "Not you"));
        (await Should.ThrowAsync<MeshException>(client.CommandAsync<string>("nope").InTimeAsync())).Code.ShouldBe(ErrorCodes.NotFound);
    }

    [Fact]
    public async Task Who_gets_no_answer_in_time_is_told_so()
    {
        var time = new FakeTimeProvider();
        var client = await ConnectAsync(options: it => it.TimeProvider = time);
        var never = client.CommandAsync<string>("never", timeout: TimeSpan.FromSeconds(3));
        await Wait.UntilAsync(time, TimeSpan.FromSeconds(1), () => never.IsCompleted);
        (await Should.ThrowAsync<MeshException>(never)).Code.ShouldBe(ErrorCodes.Timeout);
    }

    [Fact]
    public async Task Who_cancels_waits_no_longer()
    {
        var client = await ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var never = client.CommandAsync<string>("never", cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(never.InTimeAsync());
        await Should.ThrowAsync<ArgumentOutOfRangeException>(client.CommandAsync<string>("echo", timeout: TimeSpan.Zero));
    }

    [Fact]
    public async Task Where_nothing_is_to_be_expected_it_fails_at_once()
    {
        var client = NewClient();
        (await Should.ThrowAsync<MeshException>(client.CommandAsync<string>("echo").InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task What_was_under_way_fails_with_the_connection_and_what_comes_in_an_outage_waits()
    {
        await using var network = new TcpProxy(Server.Port);
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        var never = client.CommandAsync<string>("never");
        network.Refuse();
        network.Drop();
        (await Should.ThrowAsync<MeshException>(never.InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
        var late = client.CommandAsync<string>("echo", "late");
        var impatient = client.CommandAsync<string>("echo", "impatient", TimeSpan.FromMilliseconds(20));
        (await Should.ThrowAsync<MeshException>(impatient.InTimeAsync())).Code.ShouldBe(ErrorCodes.Timeout);
        late.IsCompleted.ShouldBeFalse();
        network.Forward();
        (await late.InTimeAsync()).ShouldBe("late");
    }

    [Fact]
    public async Task Any_number_may_be_sent_at_once()
    {
        var client = await ConnectAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6_000).Select(it => client.CommandAsync<int>("echo", it))).InTimeAsync();
        answers.ShouldBe(Enumerable.Range(0, 6_000));
    }

    [Fact]
    public async Task What_the_server_would_not_take_is_not_sent()
    {
        var client = await ConnectAsync();
        (await Should.ThrowAsync<MeshException>(client.CommandAsync<string>("echo", new string('x', 70_000)).InTimeAsync())).Code.ShouldBe(ErrorCodes.TooLarge);
        (await client.CommandAsync<string>("echo", "fine").InTimeAsync()).ShouldBe("fine");
    }

    [Fact]
    public async Task What_the_server_sends_comes_by_name_and_in_order()
    {
        ExpectsFailures = true;
        var client = await ConnectAsync();
        var numbers = new ConcurrentQueue<int>();
        var others = new ConcurrentQueue<int>();
        using var handler = client.On<int>("number", numbers.Enqueue);
        var other = client.On("number", others.Enqueue, TestJson.Default.Int32);
        using var failing = client.On<int>("number", number => throw new InvalidOperationException($"The application's own, at {number}."));
        using var wrong = client.On<Greeting>("number", _ => { });
        for (var number = 0; number < 100; number++) await Server.Mesh.BroadcastAsync("number", number);
        await Wait.UntilAsync(() => numbers.Count == 100 && others.Count == 100);
        numbers.ShouldBe(Enumerable.Range(0, 100));
        other.Dispose();
        other.Dispose();
        await Server.Mesh.BroadcastAsync("number", 100);
        await Wait.UntilAsync(() => numbers.Count == 101);
        others.Count.ShouldBe(100);
        // Each of the two that fail was called each time.
        await Wait.UntilAsync(() => LoggedFailures("number") == 202);
    }

    [Fact]
    public async Task The_protocols_own_events_are_nobody_elses()
    {
        var client = NewClient();
        foreach (var name in new[] { "mesh/presence-diff", "ping", "latency" })
            Should.Throw<ArgumentException>(() => client.On<JsonElement>(name, _ => { }));
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Slow_handlers_hold_up_nobody_and_lose_what_is_too_much()
    {
        var client = await ConnectAsync();
        using var free = new ManualResetEventSlim();
        var numbers = new ConcurrentQueue<int>();
        using var handler = client.On<int>("number", number =>
        {
            numbers.Enqueue(number);
            free.Wait();
        });
        await Server.Mesh.BroadcastAsync("number", 0);
        await Wait.UntilAsync(() => !numbers.IsEmpty); // The slow one runs, and waits no longer in the queue.
        for (var number = 1; number < 3_000; number++) await Server.Mesh.BroadcastAsync("number", number);
        (await client.CommandAsync<string>("echo", "hello").InTimeAsync()).ShouldBe("hello");
        free.Set();
        await Wait.UntilAsync(() => numbers.Count > CallbackQueue.Most);
        numbers.Take(CallbackQueue.Most).ShouldBe(Enumerable.Range(0, CallbackQueue.Most));
        Logs.All.Count(line => line.Contains("too slow", StringComparison.Ordinal)).ShouldBeInRange(1, 10);
    }

    [Fact]
    public async Task The_latency_is_told()
    {
        await using var server = await TestServer.StartAsync(options: it => it.LatencyInterval = TimeSpan.FromMilliseconds(100));
        var client = NewClient(server.Url);
        var told = 0;
        client.LatencyMeasured += (_, args) => told += args.Latency >= TimeSpan.Zero ? 1 : 0;
        await client.ConnectAsync().InTimeAsync();
        await Wait.UntilAsync(() => told >= 2);
    }

    public sealed record Greeting(string Text, bool IsLoud);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Greeting))]
    [JsonSerializable(typeof(JsonElement))]
    [JsonSerializable(typeof(int))]
    internal sealed partial class TestJson : JsonSerializerContext;
}
