using System.Text.Json;

namespace Mesh.Protocol.Tests.Values;

public class RosterTests
{
    [Theory]
    [InlineData("""{"epoch":1,"revision":2,"members":[{"connectionId":"a","number":1,"joinedAt":[1,1]},{"connectionId":"b","number":1,"joinedAt":[1,2]}]}""")]
    [InlineData("""{"epoch":1,"revision":2,"members":[{"connectionId":"a","number":1,"joinedAt":[1,1]},{"connectionId":"a","number":2,"joinedAt":[1,2]}]}""")]
    [InlineData("""{"epoch":1,"revision":2,"members":[{"connectionId":"a","number":1}]}""")]
    [InlineData("""{"epoch":1,"revision":2,"members":null}""")]
    [InlineData("""{"epoch":1,"revision":2}""")]
    [InlineData("""{"epoch":"1","revision":2,"members":[]}""")]
    [InlineData("""{"epoch":1,"revision":2,"members":[null]}""")]
    [InlineData("""{"epoch":1,"revision":2,"members":[{"connectionId":null,"number":1,"joinedAt":[1,1]}]}""")]
    public void A_snapshot_that_is_not_sound_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize(json, ProtocolJson.Default.Roster));

    [Theory]
    [InlineData("""{"epoch":1,"from":1,"to":2,"joined":[null]}""")]
    [InlineData("""{"epoch":1,"from":1,"to":2,"updated":[null]}""")]
    [InlineData("""{"epoch":1,"from":1,"to":2,"left":[null]}""")]
    [InlineData("""{"epoch":1,"from":1,"to":2,"left":["1"]}""")]
    [InlineData("""{"epoch":1,"from":1,"to":2,"parting":[null]}""")]
    [InlineData("""{"epoch":1,"from":1,"to":2,"parting":[{"state":1,"stamp":[1,2]}]}""")]
    [InlineData("""{"epoch":1,"from":1,"to":2,"parting":[{"sibling":"s","state":1}]}""")]
    [InlineData("""{"epoch":1,"from":1}""")]
    [InlineData("""{"epoch":1,"from":1,"to":2,"to":3}""")]
    public void A_diff_that_is_not_sound_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize(json, ProtocolJson.Default.RosterDiff));

    [Fact]
    public void A_snapshot_may_say_more_than_is_known() =>
        JsonSerializer.Deserialize("""{"epoch":1,"revision":2,"members":[],"mood":"good"}""", ProtocolJson.Default.Roster).ShouldBe(Roster.Empty(1, 2));

    [Fact]
    public void Members_are_found_by_number_and_by_connection()
    {
        var member = new Member { ConnectionId = "conn-a", Number = 4, JoinedAt = new(1, 1) };
        var roster = Roster.Create(1, 1, [member]);
        roster.Find(4).ShouldBeSameAs(member);
        roster.Find("conn-a").ShouldBeSameAs(member);
        roster.Find(5).ShouldBeNull();
        roster.Find("conn-b").ShouldBeNull();
    }

    [Fact]
    public void A_diff_builder_takes_only_what_follows()
    {
        var builder = new RosterDiffBuilder();
        Should.Throw<InvalidOperationException>(builder.Build);
        var roster = Roster.Empty(1, 3);
        builder.Add(roster, new() { Epoch = 1, From = 3, To = 4, Left = [1] });
        Should.Throw<ArgumentException>(() => builder.Add(roster, new() { Epoch = 1, From = 5, To = 6 }));
        Should.Throw<ArgumentException>(() => builder.Add(roster, new() { Epoch = 2, From = 4, To = 5 }));

        builder.Build().ShouldBe(new() { Epoch = 1, From = 3, To = 4, Left = [1] });
        builder.Clear();
        builder.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_join_that_replaces_makes_earlier_updates_void()
    {
        var builder = new RosterDiffBuilder();
        var roster = Roster.Create(1, 1, [new() { ConnectionId = "conn-a", Number = 1, JoinedAt = new(1, 1) }]);
        builder.Add(roster, new() { Epoch = 1, From = 1, To = 2, Updated = [new() { Number = 1, Metadata = RawJson.FromText("1") }] });
        var member = new Member { ConnectionId = "conn-a", Number = 1, JoinedAt = new(1, 1) };
        builder.Add(roster, new() { Epoch = 1, From = 2, To = 3, Joined = [member] });
        builder.Build().ShouldBe(new() { Epoch = 1, From = 1, To = 3, Joined = [member] });
    }
}
