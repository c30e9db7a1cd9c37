using System.Text;
using System.Text.Json;

namespace Mesh.Protocol.Tests.Values;

public class RawJsonTests
{
    [Fact]
    public void It_is_equal_by_bytes_and_by_nothing_else()
    {
        RawJson.FromText("{\"a\":1}").ShouldBe(RawJson.FromText("{\"a\":1}"));
        (RawJson.FromText("1") == RawJson.FromText("1")).ShouldBeTrue();
        (RawJson.FromText("1") != RawJson.FromText("1.0")).ShouldBeTrue();
        RawJson.FromText("{\"a\":1}").ShouldNotBe(RawJson.FromText("{ \"a\":1}"));
        RawJson.FromText("\"a\"").ShouldNotBe(RawJson.FromText("\"\\u0061\""));
    }

    [Fact]
    public void What_is_equal_has_one_hash_code() => Gen.String.Sample(text =>
        RawJson.FromText(text).GetHashCode() == new RawJson(Encoding.UTF8.GetBytes("x" + text).AsMemory(1)).GetHashCode());

    [Fact]
    public void Absent_is_not_null()
    {
        RawJson absent = default;
        absent.ShouldNotBe(RawJson.Null);
        (absent.IsAbsent, absent.IsNull, absent.HasValue).ShouldBe((true, false, false));
        (RawJson.Null.IsAbsent, RawJson.Null.IsNull, RawJson.Null.HasValue).ShouldBe((false, true, false));
        RawJson.FromText("0").HasValue.ShouldBeTrue();
        absent.ToString().ShouldBeEmpty();
        absent.Parse().ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void A_copy_does_not_change_with_its_source()
    {
        var bytes = "[1]"u8.ToArray();
        var copy = new RawJson(bytes).Copy();
        bytes[1] = (byte)'2';
        copy.ShouldBe(RawJson.FromText("[1]"));
    }

    [Fact]
    public void A_state_passes_through_a_member_as_the_bytes_it_was_received_in()
    {
        const string State = """{ "a" : 1.0, "a":1e400, "\u0041":"\ud800" }""";
        var json = $$"""{"connectionId":"conn-a","number":1,"state":{{State}},"stamp":[1,2],"joinedAt":[1,1]}""";
        var member = JsonSerializer.Deserialize(json, ProtocolJson.Default.Member)!;
        member.State.ToString().ShouldBe(State);
        JsonSerializer.Serialize(member, ProtocolJson.Default.Member).ShouldBe(json);
    }

    [Fact]
    public void A_state_as_deep_as_a_frame_allows_can_be_read_in_a_snapshot_and_in_a_diff()
    {
        const int Depth = InboundFrame.DeepestNesting - 2;
        var state = RawJson.FromText(new string('[', Depth) + new string(']', Depth));
        InboundFrame.Parse(Encoding.UTF8.GetBytes($$$"""{"id":1,"command":"mesh/publish","payload":{"state":{{{state}}}}}""")).Kind.ShouldBe(FrameKind.Request);
        var roster = Roster.Create(1, 2, [new() { ConnectionId = "conn-a", Number = 1, State = state, Stamp = new(1, 2), JoinedAt = new(1, 1) }]);
        var diff = Roster.Compare(Roster.Empty(1), roster);

        JsonSerializer.Deserialize(JsonSerializer.Serialize(roster, ProtocolJson.Default.Roster), ProtocolJson.Default.Roster).ShouldBe(roster);
        JsonSerializer.Deserialize(JsonSerializer.Serialize(diff, ProtocolJson.Default.RosterDiff), ProtocolJson.Default.RosterDiff).ShouldBe(diff);
    }
}
