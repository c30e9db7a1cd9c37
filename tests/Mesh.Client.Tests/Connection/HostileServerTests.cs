namespace Mesh.Client.Tests;

/// <summary>A broken or hostile server harms neither the client nor its application.</summary>
public sealed class HostileServerTests : Scenario
{
    private static readonly string[] Garbage = ["null", "true", "-1", "1e308", "\"\"", "\"x\"", "[]", "[null]", "{}", """{"length":1000000000}"""];

    [Fact]
    public async Task Whatever_text_comes_it_goes_on()
    {
        var hostile = await BeginAsync();
        foreach (var text in new[] { "", "null", "[]", "1", "\"x\"", "{", """{"id":{},"payload":1}""", """{"id":99,"command":"x"}""", """{"command":5}""", new string('[', 10_000) })
            await hostile.Server.SayAsync(text);
        await hostile.GoesOnAsync();
    }

    [Fact]
    public async Task Whatever_an_event_says_it_goes_on()
    {
        var hostile = await BeginAsync();
        foreach (var command in new[] { "mesh/presence-diff", "mesh/presence-update", "mesh/assign-id", "ping", "latency", "latency:request", "mesh/session", "mesh/nothing" })
            foreach (var payload in Garbage) await hostile.Server.TellAsync(command, payload);
        await hostile.GoesOnAsync();
    }

    [Fact]
    public async Task Whatever_is_wrong_in_a_diff_it_goes_on()
    {
        var hostile = await BeginAsync();
        foreach (var key in new[] { "epoch", "from", "to", "joined", "updated", "left", "parting", "stale" })
            foreach (var wrong in Garbage)
                await hostile.Server.TellAsync("mesh/presence-diff", $$"""{"roomName":"general",{{Without(key, "\"epoch\":1", "\"from\":1", "\"to\":2")}}"{{key}}":{{wrong}}}""");
        foreach (var key in new[] { "connectionId", "number", "stamp", "joinedAt", "userId", "sibling", "deadline" })
            foreach (var wrong in Garbage)
                await hostile.Server.TellAsync("mesh/presence-diff", $$"""{"roomName":"general","epoch":1,"from":1,"to":3,"joined":[{{{Without(key, "\"connectionId\":\"m\"", "\"number\":60", "\"joinedAt\":[1,2]")}}"{{key}}":{{wrong}}}]}""");
        foreach (var key in new[] { "sibling", "state", "stamp", "deadline" })
            foreach (var wrong in Garbage)
                await hostile.Server.TellAsync("mesh/presence-diff", $$"""{"roomName":"general","epoch":1,"from":1,"to":3,"parting":[{{{Without(key, "\"sibling\":\"s\"", "\"state\":1", "\"stamp\":[1,2]")}}"{{key}}":{{wrong}}}]}""");
        await hostile.GoesOnAsync();
    }

    [Theory]
    [InlineData("snapshot")]
    [InlineData("diff")]
    [InlineData("number")]
    [InlineData("stamp")]
    [InlineData("deadline")]
    [InlineData("success")]
    [InlineData("error")]
    public Task Whatever_is_wrong_in_an_entry_it_is_asked_for_again(string key) => Task.WhenAll(Garbage.Select(async wrong =>
    {
        var answer = $$"""{"rooms":[{"roomName":"general",{{Without(key, "\"success\":true", "\"number\":9", $"\"snapshot\":{Hostile.Snapshot(1, "here")}")}}"{{key}}":{{wrong}}}]}""";
        await (await BeginAsync(answer)).GoesOnAsync();
    }));

    [Fact]
    public Task Whatever_an_entry_is_answered_it_is_asked_for_again()
    {
        // An entry that is an object without success is a refusal.
        string[] answers = [.. Garbage, .. Garbage.Select(it => $$"""{"rooms":{{it}}}"""), .. Garbage.Where(it => it[0] != '{').Select(it => $$"""{"rooms":[{{it}}]}""")];
        return Task.WhenAll(answers.Select(async answer => await (await BeginAsync(answer)).GoesOnAsync()));
    }

    [Theory]
    [InlineData("connectionId")]
    [InlineData("resumed")]
    [InlineData("token")]
    [InlineData("userId")]
    [InlineData("authenticatedFor")]
    [InlineData("grace")]
    [InlineData("pingInterval")]
    [InlineData("limits")]
    public Task Whatever_is_wrong_in_a_session_it_comes_to_nothing_worse(string key) => Task.WhenAll(Garbage.Select(async wrong =>
    {
        var hostile = new Hostile(Own(await ScriptedServer.StartAsync()));
        hostile.Server.Session = $$"""{{{Without(key, "\"connectionId\":\"me\"", "\"resumed\":false", "\"token\":\"token\"")}}"{{key}}":{{wrong}}}""";
        var client = NewClient(hostile.Server.Url);
        hostile.Viewer = View(client);
        var connecting = client.ConnectAsync();
        // It is refused, and tried again, or taken for what it can be.
        await hostile.Server.SessionAnswered.InTimeAsync();
        hostile.Server.Session = ScriptedServer.SoundSession;
        await connecting.InTimeAsync();
        await hostile.GoesOnAsync();
    }));

    /// <param name="first">What the first entry is answered; default: as it should be.</param>
    private async Task<Hostile> BeginAsync(string? first = null)
    {
        var hostile = new Hostile(Own(await ScriptedServer.StartAsync())) { First = first };
        hostile.Viewer = View(await ConnectAsync(hostile.Server.Url));
        // What is told before is of a room that the client has not asked for.
        await hostile.Asked.InTimeAsync();
        if (first is null) await hostile.Viewer.ShowsAsync("bob: here (1)");
        return hostile;
    }

    private static string Without(string key, params string[] members) =>
        string.Concat(members.Where(it => !it.StartsWith($"\"{key}\"", StringComparison.Ordinal)).Select(it => it + ","));

    /// <summary>A server that answers each entry by a room in which bob is, but perhaps the first, and a client of it.</summary>
    private sealed class Hostile
    {
        // What an entry shows is said before anything that comes after it.
        private readonly Lock _gate = new();
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (int Revision, string Status) _bob = (1, "here");

        public Hostile(ScriptedServer server)
        {
            Server = server;
            server.OnRequest = request => InTurnAsync(() =>
                server.AnswerAsync(request, request.GetProperty("command").GetString() == "mesh/enter" ? Enter() : """{"success":true}"""));
        }

        public ScriptedServer Server { get; }

        public string? First { get; set; }

        /// <summary>Completes once an entry is being answered.</summary>
        public Task Asked => _asked.Task;

        public Viewer Viewer { get; set; } = null!;

        public static string Snapshot(int revision, string status) =>
            $$"""{"epoch":1,"revision":{{revision}},"members":[{"connectionId":"b","number":1,"state":{"userId":"bob","status":"{{status}}"},"stamp":[1,{{revision}}],"joinedAt":[1,1]}]}""";

        /// <summary>Whatever the client has believed: it is told to ask, and is right again.</summary>
        public async Task GoesOnAsync()
        {
            await InTurnAsync(() =>
            {
                _bob = (10, "there");
                return Server.TellAsync("mesh/presence-diff", """{"roomName":"general","epoch":1,"from":10,"to":10}""");
            });
            await Viewer.ShowsAsync("bob: there (1)");
        }

        private Task InTurnAsync(Func<Task> say)
        {
            lock (_gate) return say();
        }

        private string Enter()
        {
            var answer = First ?? $$"""{"rooms":[{"roomName":"general","success":true,"number":9,"snapshot":{{Snapshot(_bob.Revision, _bob.Status)}}}]}""";
            First = null;
            _asked.TrySetResult();
            return answer;
        }
    }
}
