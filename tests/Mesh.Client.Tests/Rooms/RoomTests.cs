using System.Collections.Concurrent;
using Mesh.Server;

namespace Mesh.Client.Tests;

/// <summary>Rooms connection by connection, and metadata.</summary>
public sealed class RoomTests : Scenario
{
    public override async ValueTask InitializeAsync() => await StartAsync(mesh: it => it.TrackPresence("general").TrackPresence("vip", room => room.GuardBy(_ => false)));

    [Fact]
    [Trait("Fault", "12")]
    public async Task Who_subscribes_is_told_who_is_there_and_what_happens()
    {
        var (client, other) = (await ConnectAsync(), await ConnectAsync());
        (await other.JoinRoomAsync("general").InTimeAsync()).Present.Select(it => it.Id).ShouldBe([other.ConnectionId!]);
        (await other.PublishPresenceStateAsync("general", new State("bob", "here")).InTimeAsync()).ShouldBeTrue();
        var updates = new ConcurrentQueue<PresenceUpdate>();
        var there = await client.SubscribePresenceAsync("general", updates.Enqueue).InTimeAsync();
        there.Success.ShouldBeTrue();
        there.Present.Select(it => it.Id).ShouldBe([other.ConnectionId!]);
        there.States[other.ConnectionId!].GetProperty("status").GetString().ShouldBe("here");
        var joined = await client.JoinRoomAsync("general").InTimeAsync();
        joined.Present.Count.ShouldBe(2);
        // Changes that come together are told leaves first.
        await Wait.UntilAsync(() => updates.Count == 1);
        await other.LeaveRoomAsync("general").InTimeAsync();
        await Wait.UntilAsync(() => updates.Count == 2);
        updates.Select(it => (it.Type, it.ConnectionId)).ShouldBe([(PresenceUpdateType.Join, client.ConnectionId!), (PresenceUpdateType.Leave, other.ConnectionId!)]);
        (await client.UnsubscribePresenceAsync("general", _ => { }).InTimeAsync()).ShouldBeFalse();
        (await client.UnsubscribePresenceAsync("general").InTimeAsync()).ShouldBeTrue();
        (await client.UnsubscribePresenceAsync("general").InTimeAsync()).ShouldBeFalse();
        (await client.GetPresenceStateAsync("general").InTimeAsync()).Present.Select(it => it.Id).ShouldBe([client.ConnectionId!]);
    }

    [Fact]
    public async Task After_an_outage_it_is_told_what_has_changed_and_still_a_member()
    {
        var network = NewNetwork();
        var client = await ConnectAsync(TestServer.UrlAt(network.Port));
        var other = await ConnectAsync();
        var updates = new ConcurrentQueue<PresenceUpdate>();
        await client.JoinRoomAsync("general", updates.Enqueue).InTimeAsync();
        network.Refuse();
        network.Drop();
        await other.JoinRoomAsync("general").InTimeAsync();
        await other.PublishPresenceStateAsync("general", "here").InTimeAsync();
        network.Forward();
        await Wait.UntilAsync(() => updates.Count == 2);
        updates.Select(it => it.Type).ShouldBe([PresenceUpdateType.Join, PresenceUpdateType.State]);
        (await client.PublishPresenceStateAsync("general", "back").InTimeAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Where_presence_is_not_to_be_had_it_says_so()
    {
        var client = await ConnectAsync();
        await client.JoinRoomAsync("vip").InTimeAsync();
        foreach (var room in new[] { "vip", "untracked" })
        {
            (await client.SubscribePresenceAsync(room, _ => { }).InTimeAsync()).Success.ShouldBeFalse();
            (await client.PublishPresenceStateAsync(room, "x").InTimeAsync()).ShouldBeFalse();
            (await client.ClearPresenceStateAsync(room).InTimeAsync()).ShouldBeFalse();
        }
        (await client.PublishPresenceStateAsync("general", "not a member").InTimeAsync()).ShouldBeFalse();
        await Should.ThrowAsync<ArgumentNullException>(() => client.PublishPresenceStateAsync<string?>("general", null));
        await Should.ThrowAsync<ArgumentException>(() => client.JoinRoomAsync("a\nb"));
        (await Should.ThrowAsync<MeshException>(NewClient().JoinRoomAsync("general").InTimeAsync())).Code.ShouldBe(ErrorCodes.Closed);
    }

    [Fact]
    [Trait("Fault", "16")]
    [Trait("Fault", "17")]
    public async Task Metadata_is_set_merged_and_told_to_the_next_server()
    {
        var port = FreePort.Next();
        var server = await TestServer.StartAsync(port);
        var client = await ConnectAsync(server.Url);
        (await client.GetConnectionMetadataAsync().InTimeAsync()).ShouldBeNull();
        await client.SetConnectionMetadataAsync(new { name = "alice", deep = new { a = 1 } }).InTimeAsync();
        await client.SetConnectionMetadataAsync(new { deep = new { b = 2 } }, MetadataStrategy.DeepMerge).InTimeAsync();
        const string All = """{"name":"alice","deep":{"a":1,"b":2}}""";
        (await client.GetConnectionMetadataAsync().InTimeAsync())!.Value.GetRawText().ShouldBe(All);
        (await client.GetConnectionMetadataAsync(client.ConnectionId).InTimeAsync())!.Value.GetRawText().ShouldBe(All);
        (await client.GetRoomMetadataAsync("general").InTimeAsync()).ShouldBeNull();
        await server.Mesh.Room("general").SetMetadataAsync(new { topic = "x" });
        (await client.GetRoomMetadataAsync("general").InTimeAsync())!.Value.GetRawText().ShouldBe("""{"topic":"x"}""");
        var first = client.ConnectionId;
        await server.DisposeAsync();
        await using var next = await TestServer.StartAsync(port);
        await Wait.UntilAsync(() => client.Status == MeshClientStatus.Online && client.ConnectionId != first);
        (await client.GetConnectionMetadataAsync().InTimeAsync())!.Value.GetRawText().ShouldBe(All);
        await client.CloseAsync().InTimeAsync();
    }
}
