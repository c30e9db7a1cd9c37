using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mesh.Client.Tests;

/// <summary>Whose a state is.</summary>
public sealed class IdentifierTests : Scenario
{
    public override async ValueTask InitializeAsync() => await StartAsync();

    [Fact]
    [Trait("Fault", "3")]
    public async Task An_id_may_be_looked_up_and_until_it_is_there_what_was_shown_stays()
    {
        var looking = new ConcurrentDictionary<string, TaskCompletionSource<string?>>(StringComparer.Ordinal);
        var viewer = View(await ConnectAsync(), options: it => new()
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifierAsync = state => new(looking.GetOrAdd(state!.Status, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task),
            OnUpdate = it.OnUpdate,
        });
        var alice = View(await ConnectAsync());
        await alice.SayAsync("alice", "first");
        await Wait.UntilAsync(() => looking.ContainsKey("first"));
        viewer.Shown.ShouldBe("");
        looking["first"].SetResult("found");
        await viewer.ShowsAsync("found: first (1)");
        await alice.SayAsync("alice", "second");
        await alice.SayAsync("alice", "third");
        await Wait.UntilAsync(() => looking.ContainsKey("third"));
        viewer.Shown.ShouldBe("found: first (1)");
        looking["third"].SetResult("found");
        await viewer.ShowsAsync("found: third (1)");
        // It comes too late to matter.
        if (looking.TryGetValue("second", out var late)) late.SetResult("late");
        await alice.SayAsync("alice", "fourth");
        await Wait.UntilAsync(() => looking.ContainsKey("fourth"));
        looking["fourth"].SetException(new InvalidOperationException("Nobody knows."));
        await viewer.ShowsAsync();
        await alice.SayAsync("alice", "fifth");
        await Wait.UntilAsync(() => looking.ContainsKey("fifth"));
        looking["fifth"].SetResult("found");
        await viewer.ShowsAsync("found: fifth (1)");
    }

    [Fact]
    [Trait("Fault", "3")]
    public async Task An_identifier_that_fails_or_knows_nobody_hides_a_member_and_no_other()
    {
        var viewer = View(await ConnectAsync(), options: it => new()
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifier = state => state!.UserId switch
            {
                "nobody" => null,
                "broken" => throw new InvalidOperationException("The application's own."),
                var id => id,
            },
            OnUpdate = it.OnUpdate,
        });
        foreach (var user in new[] { "nobody", "alice", "broken", "bob" }) await View(await ConnectAsync()).SayAsync(user, "here");
        await viewer.ShowsAsync("alice: here (1)", "bob: here (1)");
    }

    [Fact]
    public async Task An_identifier_may_look_at_the_member()
    {
        var client = await ConnectAsync();
        var viewer = View(client, options: it => new()
        {
            Room = "general",
            StorageKey = "state",
            MemberIdentifierAsync = (state, connectionId, member) => new($"{state!.UserId} {connectionId} {member.Number}"),
            OnUpdate = it.OnUpdate,
        });
        await viewer.SayAsync("alice", "here");
        await viewer.ShowsAsync($"alice {client.ConnectionId} 1: here (1)");
    }

    [Fact]
    public async Task Without_one_those_are_shown_whom_the_server_has_verified()
    {
        var server = Own(await TestServer.StartAsync(users: new()));
        var claimed = View(await ConnectAsync(server.Url));
        await claimed.SayAsync("mallory", "here");
        var verified = View(await ConnectAsync(server.Url, options: it => it.Headers[TestUsers.Header] = "alice"), options: it => new() { Room = "general", StorageKey = "state", OnUpdate = it.OnUpdate });
        await verified.SayAsync("whoever", "here");
        await verified.ShowsAsync("alice: here (1)");
        await claimed.ShowsAsync("mallory: here (1)", "alice: here (1)");
        claimed.Presence.Users.Select(user => user.Verified).ShouldBe([false, true]);
    }

    [Fact]
    public async Task Each_state_is_read_and_asked_about_once()
    {
        var (read, asked) = (0, 0);
        var options = new JsonSerializerOptions(JsonSerializerOptions.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Count } } };
        var client = await ConnectAsync();
        await using var presence = client.CreatePresence(
            new PresenceOptions<State>
            {
                Room = "general",
                StorageKey = "state",
                StateIdentifier = state =>
                {
                    asked++;
                    return state!.UserId;
                },
            },
            (JsonTypeInfo<State>)options.GetTypeInfo(typeof(State)));
        var first = View(await ConnectAsync());
        await first.SayAsync("alice", "here");
        await Wait.UntilAsync(() => presence.Users is [{ TabCount: 1 }]);
        var second = View(await ConnectAsync());
        await second.SayAsync("alice", "busy");
        await Wait.UntilAsync(() => presence.Users is [{ TabCount: 2, State.Status: "busy" }]);
        await first.Presence.DisposeAsync();
        await Wait.UntilAsync(() => presence.Users is [{ TabCount: 1 }]);
        (read, asked).ShouldBe((2, 2));

        void Count(JsonTypeInfo type)
        {
            if (type.Type == typeof(State)) type.OnDeserialized = _ => read++;
        }
    }
}
