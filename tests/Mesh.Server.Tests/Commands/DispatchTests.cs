using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Commands;

/// <summary>Protocol §3 and §13: an application's commands, from the frame to the answer.</summary>
public sealed class DispatchTests
{
    [Fact]
    public async Task An_answer_has_just_the_keys_of_the_protocol()
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, mesh: it => it.AddCommand<RawJson, RawJson>("nothing", (_, _) => default(RawJson)));
        await using var client = await server.ConnectAsync();

        (await client.RespondAsync("echo", """{"x":1}""")).Root.ShouldBe("""{"id":1,"command":"echo","payload":{"x":1}}""");
        (await client.RespondAsync("nothing", """{"x":1}""")).Root.ShouldBe("""{"id":2,"command":"nothing"}""");
        (await client.RespondAsync("echo", "null")).Root.ShouldBe("""{"id":3,"command":"echo","payload":null}""");
        (await client.RespondAsync("echo", null)).Root.ShouldBe("""{"id":4,"command":"echo"}""");
    }

    [Fact]
    public async Task An_unknown_command_is_answered_as_the_reference_does()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (await client.RespondAsync("nope", "{}")).Root
            .ShouldBe("""{"id":1,"command":"nope","payload":{"error":"Command \"nope\" not found","code":"ENOTFOUND","name":"CommandError"}}""");
    }

    [Theory]
    [InlineData("mesh/subscribe-channel")]
    [InlineData("mesh/subscribe-record")]
    [InlineData("mesh/subscribe-collection")]
    [InlineData("mesh/assign-id")]
    [InlineData("mesh/presence-update")]
    [InlineData("mesh/presence-diff")]
    [InlineData("ping")]
    [InlineData("MESH/NOOP")]
    public async Task What_is_not_a_command_of_a_client_is_not_found(string command)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        (await client.ErrorOfAsync(command)).ShouldBe("ENOTFOUND");
    }

    [Fact]
    public async Task A_handler_that_fails_is_answered_without_its_text()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it
            .AddCommand<RawJson, RawJson>("boom", RawJson (_, _) => throw new InvalidOperationException("the password is hunter2"))
            .AddCommand<RawJson, RawJson>("boom-async", async (_, _) =>
            {
                await Task.Yield();
                throw new OperationCanceledException("secret");
            }));
        await using var client = await server.ConnectAsync();

        (await client.RespondAsync("boom", "{}")).Payload.ShouldBe("""{"error":"The command failed","code":"ESERVER","name":"Error"}""");
        (await client.RespondAsync("boom-async", "{}")).Payload.ShouldBe("""{"error":"The command failed","code":"ESERVER","name":"Error"}""");
        await client.FenceAsync();
        server.Errors.All.Count.ShouldBe(2);
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_handler_may_refuse_with_a_code_and_a_name_of_its_own()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it
            .AddCommand<RawJson, RawJson>("stock", RawJson (_, _) => throw new MeshException("stock/none", "Out of \"stock\" 🎉") { Name = "StockError" }));
        await using var client = await server.ConnectAsync();
        (await client.RespondAsync("stock", "{}")).Payload.ShouldBe("""{"error":"Out of \"stock\" 🎉","code":"stock/none","name":"StockError"}""");
    }

    [Fact]
    public async Task Errors_are_written_as_in_errors_json()
    {
        var thrown = new Queue<MeshException>();
        await using var server = await TestServer.StartAsync(mesh: it => it.AddCommand<RawJson, RawJson>("refuse", RawJson (_, _) => throw thrown.Dequeue()));
        await using var client = await server.ConnectAsync();
        foreach (var vector in Json.Vectors("errors.json").Where(it => it.GetProperty("error") is { ValueKind: JsonValueKind.Object } error && error.TryGetProperty("name", out _)))
        {
            var error = vector.GetProperty("error");
            var (code, message, name) = (error.GetProperty("code").GetString()!, error.GetProperty("message").GetString()!, error.GetProperty("name").GetString()!);
            thrown.Enqueue(new(code, message) { Name = name });
            (await client.RequestAsync("refuse")).ShouldBe($$"""{"error":{{Json.Quote(message)}},"code":{{Json.Quote(code)}},"name":{{Json.Quote(name)}}}""");
        }
        thrown.ShouldBeEmpty();
    }

    [Fact]
    public async Task Payloads_and_results_are_typed()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it
            .AddCommand<Order, Receipt>("order", (_, order) => new(order.Item.ToUpperInvariant(), order.Count * 2))
            .AddCommand<int, int>("double", (_, number) => number * 2)
            .AddCommand<int[], int?>("sum", async (_, numbers) =>
            {
                await Task.Yield();
                return numbers?.Sum();
            }));
        await using var client = await server.ConnectAsync();

        (await client.RequestAsync("order", """{"item":"tea","count":3,"unknown":true}""")).ShouldBe("""{"item":"TEA","total":6}""");
        (await client.RequestAsync("double", "21")).ShouldBe("42");
        (await client.RequestAsync("sum", "[1,2,3]")).ShouldBe("6");
        (await client.RespondAsync("sum", null)).Payload.ShouldBe("null");
        (await client.ErrorOfAsync("order", """{"item":7}""")).ShouldBe("EINVALID");
        (await client.ErrorOfAsync("order", "[]")).ShouldBe("EINVALID");
        (await client.ErrorOfAsync("double", "{}")).ShouldBe("EINVALID");
        (await client.ErrorOfAsync("double", "99999999999")).ShouldBe("EINVALID");
        (await client.ErrorOfAsync("sum", """["\ud800"]""")).ShouldBe("EINVALID");
    }

    [Fact]
    public async Task Commands_of_one_connection_take_effect_in_the_order_sent_the_slow_one_first()
    {
        var seen = new ConcurrentQueue<string>();
        var release = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(mesh: it => it
            .AddCommand<string, bool>("slow", async (_, name) =>
            {
                await release.Task;
                seen.Enqueue(name);
                return true;
            })
            .AddCommand<string, bool>("fast", (_, name) =>
            {
                seen.Enqueue(name);
                return true;
            }));
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();

        await client.SendAsync("slow", "\"1\"");
        await client.SendAsync("mesh/join-room", """{"roomName":"r"}""");
        var last = await client.SendAsync("fast", "\"2\"");
        await other.RequestAsync("fast", "\"of another connection\"");
        (await other.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(0);
        release.SetResult();
        await client.ResponseAsync(last);

        seen.ShouldBe(["of another connection", "1", "2"]);
        (await other.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Middleware_runs_in_order_global_first_and_around_Meshs_own_commands_too()
    {
        var seen = new ConcurrentQueue<string>();
        CommandMiddleware Note(string name) => async (context, next) =>
        {
            seen.Enqueue($"{name}>{context.Command}");
            var result = await next(context);
            seen.Enqueue($"<{name}");
            return result;
        };
        await using var server = await TestServer.StartAsync(mesh: it => it
            .Use(Note("a"))
            .AddCommand<RawJson, RawJson>("own", (_, payload) => payload, Note("c"), Note("d"))
            .Use(Note("b")));
        await using var client = await server.ConnectAsync();

        (await client.RequestAsync("own", "1")).ShouldBe("1");
        await client.FenceAsync();
        seen.ShouldBe(["a>own", "b>own", "c>own", "d>own", "<d", "<c", "<b", "<a", "a>mesh/noop", "b>mesh/noop", "<b", "<a"]);
    }

    [Theory]
    [InlineData("mesh/join-room", true)]
    [InlineData("mesh/get-presence-state", true)]
    [InlineData("mesh/subscribe-presence", false)]
    public async Task What_middleware_does_after_the_handler_makes_no_second_answer(string command, bool isItsAnswer)
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.Use(async (context, next) =>
        {
            var result = await next(context);
            return context.Command == command ? throw new MeshException("ELATE", "too late") : result;
        }));
        server.Errors.Forgive();
        await using var client = await server.ConnectAsync();

        (await client.RequestAsync(command, PresenceRequests.Room("r"))).TryGetProperty("code", out _).ShouldBe(isItsAnswer);
        await client.FenceAsync();
        client.Frames.Count(it => it.Command == command).ShouldBe(1);
    }

    [Theory]
    [InlineData("mesh/enter", """{"rooms":[{"roomName":"r"}]}""")]
    [InlineData("mesh/subscribe-presence", """{"roomName":"r"}""")]
    public async Task Middleware_that_does_not_wait_for_the_handler_or_runs_it_again_makes_no_second_answer(string command, string payload)
    {
        var mayGoOn = new TaskCompletionSource();
        var handled = new ConcurrentQueue<Task>();
        await using var server = await TestServer.StartAsync(
            mesh: it => it.Use(async (context, next) =>
            {
                if (context.Command != command) return await next(context);
                if (!handled.IsEmpty)
                {
                    await next(context);
                    return await next(context);
                }
                handled.Enqueue(LaterAsync(context, next));
                throw new MeshException("ETIMEOUT", "took too long");
            }));
        server.Errors.Forgive();
        await using var client = await server.OpenAsync();
        async Task LaterAsync(CommandContext context, CommandDelegate next)
        {
            await mayGoOn.Task;
            await next(context);
        }

        (await client.RequestAsync(command, payload)).GetProperty("code").GetString().ShouldBe("ETIMEOUT");
        mayGoOn.SetResult();
        await Should.ThrowAsync<InvalidOperationException>(handled.Single());
        await client.FenceAsync();
        client.Frames.Count(it => it.Command == command).ShouldBe(1);
        // Nor does anything come of it of which nobody was told.
        (await client.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(0);

        (await client.RequestAsync(command, payload)).TryGetProperty("code", out _).ShouldBeFalse();
        await client.FenceAsync();
        client.Frames.Count(it => it.Command == command).ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_handler_registers_for_the_end_may_fail_and_is_told(bool clean)
    {
        await using var server = await TestServer.StartAsync(fakeTime: true, mesh: it => it.AddCommand<RawJson, bool>("register", (context, _) =>
        {
            context.CancellationToken.Register(() => throw new InvalidOperationException("at the end"));
            return true;
        }));
        await using var observer = await server.ConnectAsync();
        await observer.SubscribeAsync("r");
        await using var client = await server.OpenAsync();
        await client.EnterAsync("r");
        await client.RequestAsync("register");

        if (clean) await client.CloseAsync();
        else client.Drop();
        await Wait.UntilAsync(() => server.Errors.All.Any(it => it.Contains("at the end", StringComparison.Ordinal)));
        // A goodbye is one all the same, a drop has its grace.
        if (!clean)
        {
            (await observer.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(1);
            await Wait.UntilAsync(() => !server.Mesh.FindConnection(client.Id)!.IsOpen);
            server.Time.Advance(TimeSpan.FromSeconds(5));
        }
        await observer.ShouldHaveEventsAsync(Joined("r", client.Id), Left("r", client.Id));
        server.Errors.All.ShouldHaveSingleItem().ShouldContain($"the end of connection {client.Id}");
        server.Errors.Clear();
    }

    // The handler reads names in their own case, and what it passes on others may read as they like.
    [Theory]
    [InlineData("""{"metadata":{"role":"admin"},"Metadata":{"role":"guest"}}""")]
    [InlineData("""{"metadata":{"role":"admin","Role":"guest"}}""")]
    [InlineData("""{"metadata":{"role":"admin"}}""")]
    public async Task What_middleware_reads_of_Meshs_own_commands_is_what_the_handler_gets(string payload)
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.Use((context, next) =>
            context.Command == "mesh/set-my-connection-metadata" && context.ReadPayload<Told>()?.Metadata.Role == "admin" ? throw new MeshException("EROLE", "no") : next(context)));
        await using var client = await server.ConnectAsync();
        (await client.RequestAsync("mesh/set-my-connection-metadata", """{"metadata":{"role":"guest"}}""")).GetProperty("success").GetBoolean().ShouldBeTrue();
        (await client.ErrorOfAsync("mesh/set-my-connection-metadata", payload)).ShouldBeOneOf("EROLE", "EINVALID");
        (await client.RequestAsync("mesh/get-my-connection-metadata")).ShouldBe("""{"metadata":{"role":"guest"}}""");
    }

    [Fact]
    public async Task Middleware_may_refuse_answer_itself_or_change_the_result()
    {
        var ran = false;
        await using var server = await TestServer.StartAsync(mesh: it => it
            .Use((context, next) => context.Command == "mesh/join-room" ? throw new MeshException("EAUTH", "nope") { Name = "AuthError" } : next(context))
            .AddCommand<RawJson, bool>("guarded", (_, _) => ran = true, (_, _) => new(RawJson.FromText("\"instead\"")))
            .AddCommand<RawJson, RawJson>("changed", (_, payload) => payload, async (context, next) => RawJson.FromText($"[{await next(context)}]")));
        await using var client = await server.ConnectAsync();

        (await client.JoinAsync("r")).ShouldBe("""{"error":"nope","code":"EAUTH","name":"AuthError"}""");
        (await client.StatesAsync("r")).ShouldBe("""{"success":true,"present":[],"states":{}}""");
        (await client.RequestAsync("guarded")).ShouldBe("\"instead\"");
        (await client.RequestAsync("changed", "7")).ShouldBe("[7]");
        ran.ShouldBeFalse();
    }

    [Fact]
    public async Task A_command_has_its_connection_its_payload_and_a_scope_of_services_that_ends_with_it()
    {
        await using var server = await TestServer.StartAsync(
            services: it => it.Services.AddScoped<Scoped>(),
            mesh: it => it.AddCommand<RawJson, string>("who", (context, payload) =>
            {
                context.Payload.ShouldBe(payload);
                context.Services.GetRequiredService<Scoped>().ShouldBeSameAs(context.Services.GetRequiredService<Scoped>());
                return $"{context.Connection.Id} {context.Services.GetRequiredService<Scoped>().Number}";
            }));
        await using var client = await server.ConnectAsync();
        Scoped.Reset();

        (await client.RequestAsync("who")).GetString().ShouldBe($"{client.Id} 1");
        (await client.RequestAsync("who")).GetString().ShouldBe($"{client.Id} 2");
        Scoped.Disposed.ShouldBe(2);
    }

    [Fact]
    public async Task A_scope_that_can_not_be_disposed_harms_nobody()
    {
        await using var server = await TestServer.StartAsync(
            services: it => it.Services.AddScoped<Unruly>(),
            mesh: it => it.AddCommand<RawJson, string>("unruly", (context, _) => context.Services.GetRequiredService<Unruly>().Name));
        await using var client = await server.ConnectAsync();

        (await client.RespondAsync("unruly", "{}")).Id.ShouldBe("1");
        await client.FenceAsync();
        server.Errors.Clear();
    }

    [Fact]
    public async Task A_handler_can_send_to_its_connection_and_the_answer_follows()
    {
        await using var server = await TestServer.StartAsync(mesh: it => it.AddCommand<RawJson, bool>("tell", (context, _) => context.Connection.Send("told", new { X = 1 })));
        await using var client = await server.ConnectAsync();
        (await client.RequestAsync("tell")).ShouldBe("true");
        client.Frames[1].Root.ShouldBe("""{"command":"told","payload":{"x":1}}""");
    }

    [Fact]
    public async Task A_command_mapped_is_as_one_added()
    {
        await using var server = await TestServer.StartAsync(endpoint: it => it
            .MapCommand<int, int>("double", (_, number) => number * 2)
            .MapCommand<int, int>("triple", async (_, number) =>
            {
                await Task.Yield();
                return number * 3;
            }, (_, next) => throw new MeshException("EAUTH", "nope")));
        await using var client = await server.ConnectAsync();
        (await client.RequestAsync("double", "2")).ShouldBe("4");
        (await client.ErrorOfAsync("triple", "2")).ShouldBe("EAUTH");
    }

    [Fact]
    public async Task Two_commands_of_one_name_are_a_fault_of_the_application()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => TestServer.StartAsync(mesh: it => it.AddCommand<int, int>("echo", (_, number) => number)));
        await Should.ThrowAsync<InvalidOperationException>(() => TestServer.StartAsync(endpoint: it => it.MapCommand<int, int>("echo", (_, number) => number)));
        await Should.ThrowAsync<ArgumentException>(() => TestServer.StartAsync(mesh: it => it.AddCommand<int, int>("mesh/mine", (_, number) => number)));
        await Should.ThrowAsync<ArgumentException>(() => TestServer.StartAsync(mesh: it => it.AddCommand<int, int>("", (_, number) => number)));
    }

    private sealed record Told(Profile Metadata);

    private sealed record Profile(string Role);

    private sealed record Order(string Item, int Count);

    private sealed record Receipt(string Item, int Total);

    private sealed class Scoped : IDisposable
    {
        private static int _created;

        public static int Disposed { get; private set; }

        public int Number { get; } = ++_created;

        public static void Reset() => _created = Disposed = 0;

        public void Dispose() => Disposed++;
    }

    private sealed class Unruly : IDisposable
    {
        public string Name { get; } = "unruly";

        public void Dispose() => throw new InvalidOperationException("no");
    }
}
