using System.Text.Json;

namespace Mesh.Protocol.Tests.Properties;

public class RosterProperties
{
    [Fact]
    public void Compare_makes_b_of_a_later_or_in_another_epoch() =>
        History.Actions.Sample(actions =>
        {
            var rosters = new History(actions).Rosters;
            foreach (var (at, a) in rosters.Index())
                foreach (var (later, b) in rosters.Index())
                    if (later >= at || a.Epoch != b.Epoch) a.Apply(Roster.Compare(a, b)).ShouldBe(b);
        }, iter: 300);

    [Fact]
    public void Compare_makes_b_of_a_for_rosters_that_have_nothing_to_do_with_each_other() =>
        Gen.Select(History.Actions, History.Actions).Sample((one, other) =>
        {
            var a = new History(one).Last;
            var b = new History(other).Last;
            b = Roster.Create(a.Epoch + 1, b.Revision, b.Members);
            a.Apply(Roster.Compare(a, b)).ShouldBe(b);
            b.Apply(Roster.Compare(b, a)).ShouldBe(a);
        }, iter: 500);

    [Fact]
    public void Compare_of_equal_rosters_is_empty() =>
        History.Actions.Sample(actions => Roster.Compare(new History(actions).Last, new History(actions).Last).IsEmpty);

    [Fact]
    public void Each_diff_leads_to_the_next_roster() =>
        History.Actions.Sample(actions =>
        {
            var history = new History(actions);
            foreach (var (at, diff) in history.Diffs.Index())
                if (diff is not null) history.Rosters[at].Apply(diff).ShouldBe(history.Rosters[at + 1]);
        }, iter: 300);

    [Fact]
    public void Merged_diffs_lead_from_any_roster_in_between_to_the_last() =>
        History.Actions.Sample(actions =>
        {
            var history = new History(actions);
            for (var first = 0; first < history.Diffs.Count; first++)
            {
                var builder = new RosterDiffBuilder();
                for (var last = first; last < history.Diffs.Count && history.Diffs[last] is { } diff; last++)
                {
                    builder.Add(history.Rosters[last], diff);
                    var merged = builder.Build();
                    for (var at = first; at <= last; at++) history.Rosters[at].Apply(merged).ShouldBe(history.Rosters[last + 1]);
                }
            }
        });

    [Fact]
    public void A_merged_diff_names_nobody_twice_and_only_the_latest_of_each() =>
        History.Actions.Sample(actions =>
        {
            var builder = new RosterDiffBuilder();
            var history = new History(actions);
            foreach (var (at, diff) in history.Diffs.TakeWhile(diff => diff is not null).Index()) builder.Add(history.Rosters[at], diff!);
            if (builder.IsEmpty) return;
            var merged = builder.Build();
            int[] named = [.. merged.Joined.Select(member => member.Number), .. merged.Updated.Select(update => update.Number), .. merged.Left];
            named.ShouldBeUnique();
        });

    [Fact]
    public void A_merged_diff_loses_nothing_that_a_user_has_said() =>
        Gen.Select(History.Actions, Gen.Int[0, 20]).Sample((actions, skipped) =>
        {
            var history = new History(actions);
            var first = Math.Min(skipped, history.Diffs.Count);
            var builder = new RosterDiffBuilder();
            var said = new List<(string Sibling, Stamp Stamp)>();
            foreach (var (at, diff) in history.Diffs.Index().Skip(first).TakeWhile(it => it.Item is not null))
            {
                builder.Add(history.Rosters[at], diff!);
                foreach (var number in diff!.Joined.Select(it => it.Number).Concat(diff.Updated.Where(it => it.Stamp is not null).Select(it => it.Number)))
                    if (history.Rosters[at + 1].Find(number) is { Sibling: { } sibling, Stamp: { } stamp }) said.Add((sibling, stamp));
            }
            if (builder.IsEmpty) return;
            var merged = builder.Build();
            var told = history.Rosters[first].Apply(merged).Members.Where(it => it is { Sibling: not null, Stamp: not null }).Select(it => (Sibling: it.Sibling!, Stamp: it.Stamp!.Value))
                .Concat(merged.Parting.Select(it => (it.Sibling, it.Stamp))).ToLookup(it => it.Sibling, it => it.Stamp, StringComparer.Ordinal);
            foreach (var (sibling, stamp) in said) told[sibling].Max().ShouldBeGreaterThanOrEqualTo(stamp);
            foreach (var parting in merged.Parting) said.ShouldContain((parting.Sibling, parting.Stamp));
        });

    [Fact]
    public void Members_are_in_the_order_of_joining() =>
        History.Actions.Sample(actions => new History(actions).Last.Members.Select(member => member.JoinedAt).ShouldBeInOrder());

    [Fact]
    public void Members_diffs_and_rosters_survive_the_wire() =>
        History.Actions.Sample(actions =>
        {
            var history = new History(actions);
            OnTheWire(history.Last).ShouldBe(history.Last);
            foreach (var member in history.Last.Members)
                JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(member, ProtocolJson.Default.Member), ProtocolJson.Default.Member).ShouldBe(member);
            foreach (var diff in history.Diffs)
                if (diff is not null) OnTheWire(diff).ShouldBe(diff);
            var whole = Roster.Compare(history.Rosters[0], history.Last) with { RoomName = "general" };
            OnTheWire(whole).ShouldBe(whole);
        });

    private static Roster? OnTheWire(Roster roster) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(roster, ProtocolJson.Default.Roster), ProtocolJson.Default.Roster);

    private static RosterDiff? OnTheWire(RosterDiff diff) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(diff, ProtocolJson.Default.RosterDiff), ProtocolJson.Default.RosterDiff);
}
