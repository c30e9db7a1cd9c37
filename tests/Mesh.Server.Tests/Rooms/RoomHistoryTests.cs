namespace Mesh.Server.Tests.Rooms;

public sealed class RoomHistoryTests
{
    [Fact]
    public void Nothing_leads_from_one_epoch_to_the_next()
    {
        var history = new RoomHistory(8);
        history.Add(new() { Epoch = 1, From = 1, To = 2, Left = [1] });
        history.Add(new() { Epoch = 2, FromEpoch = 1, From = 2, To = 5, Left = [2] });
        var before = Roster.Empty(2, 5);
        history.Since(new(1, 1), before).ShouldBeNull();
        history.Since(new(2, 3), before).ShouldBeNull();
        history.Add(new() { Epoch = 2, From = 5, To = 6, Left = [3] });
        var now = Roster.Empty(2, 6);
        history.Since(new(2, 3), now).ShouldBeNull();
        history.Since(new(2, 5), now).ShouldBe(new RosterDiff { Epoch = 2, From = 5, To = 6, Left = [3] });
        history.Since(new(2, 6), now).ShouldBe(new RosterDiff { Epoch = 2, From = 6, To = 6 });
        history.Since(new(2, 7), now).ShouldBeNull();
    }

    [Fact]
    public void What_was_compared_leads_on_from_where_it_begins_and_not_from_within()
    {
        var history = new RoomHistory(8);
        history.Add(new() { Epoch = 1, From = 1, To = 2, Left = [1] });
        // Whoever came and went between 2 and 6 is not named.
        history.Add(new() { Epoch = 1, From = 2, To = 6, Left = [2] });
        history.Add(new() { Epoch = 1, From = 6, To = 7, Left = [3] });
        var now = Roster.Empty(1, 7);
        history.Since(new(1, 1), now).ShouldBe(new RosterDiff { Epoch = 1, From = 1, To = 7, Left = [1, 2, 3] });
        history.Since(new(1, 2), now).ShouldBe(new RosterDiff { Epoch = 1, From = 2, To = 7, Left = [2, 3] });
        history.Since(new(1, 4), now).ShouldBeNull();
        history.Since(new(1, 6), now).ShouldBe(new RosterDiff { Epoch = 1, From = 6, To = 7, Left = [3] });
    }

    [Fact]
    public void It_reaches_back_as_long_as_all_who_changed_are_remembered()
    {
        var history = new RoomHistory(2);
        var roster = Roster.Empty(1);
        for (var number = 1; number <= 3; number++) Change(ref roster, history, it => it with { Joined = [NewMember(number, it.To)] });
        for (var time = 0; time < 50; time++) Change(ref roster, history, it => it with { Updated = [new() { Number = 2, State = Number(time), Stamp = new(1, it.To) }] });
        history.Since(new(1, 0), roster).ShouldBeNull();
        history.Since(new(1, 1), roster).ShouldNotBeNull();
        Change(ref roster, history, it => it with { Left = [1] });
        history.Since(new(1, 2), roster).ShouldBeNull();
        history.Since(new(1, 3), roster).ShouldBe(new RosterDiff { Epoch = 1, From = 3, To = 54, Updated = [new() { Number = 2, State = Number(49), Stamp = new(1, 53) }], Left = [1] });
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1000)]
    public void Whatever_happens_a_diff_makes_what_is_of_what_was(int length)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var history = new RoomHistory(length);
            var roster = Roster.Empty(1);
            List<Roster> all = [roster];
            for (var step = 0; step < 60; step++)
            {
                Change(ref roster, history, it => random.Next(4) switch
                {
                    0 => it with { Joined = [NewMember((int)it.To, it.To)] },
                    1 when roster.Count > 0 => it with { Left = [AnyOf(roster, random)] },
                    2 when roster.Count > 0 => it with { Updated = [new() { Number = AnyOf(roster, random), Metadata = random.Next(2) == 0 ? RawJson.Null : Number(step) }] },
                    _ when roster.Count > 0 => it with { Updated = [new() { Number = AnyOf(roster, random), State = Number(step), Stamp = new(1, it.To) }] },
                    _ => it,
                });
                all.Add(roster);
            }
            var reached = 0;
            foreach (var before in all)
            {
                if (history.Since(before.At, roster) is not { } diff) continue;
                reached++;
                before.Apply(diff).ShouldBe(roster, $"from {before.Revision} of seed {seed}");
            }
            reached.ShouldBeInRange(length < all.Count ? 2 : all.Count, length < all.Count ? all.Count - 1 : all.Count);
        }
    }

    [Fact]
    public void A_diff_of_too_many_bytes_is_none()
    {
        var history = new RoomHistory(10);
        var roster = Roster.Empty(1);
        Change(ref roster, history, it => it with { Joined = [NewMember(1, it.To) with { Metadata = Number(12345) }] });
        Change(ref roster, history, it => it with { Joined = [NewMember(2, it.To) with { State = Number(1234567) }] });
        const int member = RosterBodies.MemberBytes;
        history.Since(new(1, 0), roster, new(2 * member + 12))!.Joined.Length.ShouldBe(2);
        history.Since(new(1, 0), roster, new(2 * member + 11)).ShouldBeNull();
        history.Since(new(1, 1), roster, new(member + 7)).ShouldNotBeNull();

        // What has not changed is not in it.
        Change(ref roster, history, it => it with { Updated = [new() { Number = 1, State = Number(1), Stamp = new(1, it.To) }] });
        history.Since(new(1, 2), roster, new(member + 1)).ShouldNotBeNull();
        Change(ref roster, history, it => it with { Left = [2] });
        history.Since(new(1, 3), roster, new(8))!.Left.ShouldBe([2]);

        // What one has taken is not there for the next.
        var budget = new DiffBudget(15);
        history.Since(new(1, 3), roster, budget).ShouldNotBeNull();
        history.Since(new(1, 3), roster, budget).ShouldBeNull();
        budget.Left.ShouldBe(7);
    }

    [Fact]
    public void What_it_weighs_does_not_depend_on_the_states()
    {
        var history = new RoomHistory(1024);
        var roster = Roster.Empty(1);
        Change(ref roster, history, it => it with { Joined = [NewMember(1, it.To)] });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var time = 0; time < 1000; time++)
        {
            var state = new RawJson(new byte[16 * 1024]);
            Change(ref roster, history, it => it with { Updated = [new() { Number = 1, State = state, Stamp = new(1, it.To) }] });
        }
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(1024 * 1024);
        history.Since(new(1, 1), roster).ShouldNotBeNull();
    }

    private static void Change(ref Roster roster, RoomHistory history, Func<RosterDiff, RosterDiff> what)
    {
        var change = what(new() { Epoch = 1, From = roster.Revision, To = roster.Revision + 1 });
        roster = roster.Apply(change);
        history.Add(change);
    }

    private static Member NewMember(int number, long at) => new() { ConnectionId = $"c{number}", Number = number, JoinedAt = new(1, at) };

    private static int AnyOf(Roster roster, Random random) => roster.Members.ElementAt(random.Next(roster.Count)).Number;

    private static RawJson Number(int value) => RawJson.FromText(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
