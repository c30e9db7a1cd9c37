using Mesh.Server;

namespace Mesh.Client.Tests;

/// <summary>States that the application refuses (protocol §9).</summary>
public sealed class RefusalTests : Scenario
{
    private volatile string _refused = "rude";

    public override async ValueTask InitializeAsync() =>
        await StartAsync(mesh: it => it.TrackPresence("*", room => room.ValidateState<State>((_, state) => state.Status == _refused ? $"Not {_refused}" : null)));

    [Fact]
    public async Task Who_publishes_one_is_told_why_and_what_was_before_stays()
    {
        var alice = View(await ConnectAsync());
        await alice.SayAsync("alice", "here");
        var refusal = await Should.ThrowAsync<MeshException>(alice.SayAsync("alice", "rude"));
        (refusal.Code, refusal.Message).ShouldBe((ErrorCodes.Refused, "Not rude"));
        alice.Presence.Read().ShouldBe(new State("alice", "here"));
        await alice.ShowsAsync("alice: here (1)");
    }

    [Fact]
    public async Task One_that_had_to_wait_is_refused_with_the_entry_which_goes_on_without_it()
    {
        var client = NewClient();
        var alice = View(client);
        var saying = alice.SayAsync("alice", "rude");
        await client.ConnectAsync().InTimeAsync();
        (await Should.ThrowAsync<MeshException>(saying)).Code.ShouldBe(ErrorCodes.Refused);
        await alice.Presence.Ready.InTimeAsync();
        alice.Presence.Read().ShouldBeNull();
        await alice.ShowsAsync();
    }

    [Fact]
    public async Task One_that_was_stored_is_dropped_and_the_room_entered_without_it()
    {
        var storage = new MemoryPresenceStorage();
        var first = await ConnectAsync(options: it => it.Storage = storage);
        await View(first).SayAsync("alice", "here");
        await first.CloseAsync().InTimeAsync();
        _refused = "here";
        var alice = View(await ConnectAsync(options: it => it.Storage = storage));
        await alice.Presence.Ready.InTimeAsync();
        await alice.ShowsAsync();
        alice.Presence.Read().ShouldBeNull();
        storage.Get("m:presence:state").ShouldBeNull();
        await alice.SayAsync("alice", "back");
        await alice.ShowsAsync("alice: back (1)");
    }

    [Fact]
    public async Task To_one_who_publishes_by_connection_it_is_false()
    {
        var client = await ConnectAsync();
        await client.JoinRoomAsync("general").InTimeAsync();
        (await client.PublishPresenceStateAsync("general", new State("alice", "rude")).InTimeAsync()).ShouldBeFalse();
        (await client.PublishPresenceStateAsync("general", new State("alice", "here")).InTimeAsync()).ShouldBeTrue();
    }
}
