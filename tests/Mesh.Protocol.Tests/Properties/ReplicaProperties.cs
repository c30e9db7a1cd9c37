namespace Mesh.Protocol.Tests.Properties;

/// <summary>However events reach a receiver, after a resync it has what the room has, and never anything that the room was not.</summary>
public class ReplicaProperties
{
    private static readonly Identifier UserId = new("userId");

    /// <summary>A delivery: which of the events comes next (again, early, or never), or a resync of one of two kinds.</summary>
    private static readonly Gen<(int Kind, int Which)[]> Deliveries =
        Gen.Select(Gen.Frequency((8, Gen.Const(0)), (1, Gen.Const(1)), (1, Gen.Const(2)), (1, Gen.Const(3))), Gen.Int[0, 39]).Array[0, 60];

    [Fact]
    public void Any_disorder_followed_by_a_resync_gives_the_roster_and_the_view_of_the_room() =>
        Gen.Select(History.Actions, Deliveries).Sample((actions, deliveries) =>
        {
            var history = new History(actions);
            var receiver = new Receiver();
            foreach (var (kind, which) in deliveries)
            {
                receiver.Take(history, kind, which);
                receiver.Replica.Roster?.ShouldBe(history.TruthAt(receiver.Replica.Roster.At));
            }
            receiver.Resync(history.Last);
            Check(receiver, history);
        }, iter: 2_000);

    [Fact]
    public void Neighbours_that_change_places_and_come_twice_do_no_harm() =>
        Gen.Select(History.Actions, Gen.Int[0, 40], Gen.Int[1, 5].Array[41]).Sample((actions, early, delays) =>
        {
            var history = new History(actions.Where(action => action.Kind != RoomActionKind.NewEpoch));
            var receiver = new Receiver();
            var late = history.Diffs.Select((diff, at) => (diff, Due: at + delays[at])).OrderBy(event_ => event_.Due).Select(event_ => event_.diff!).ToList();
            receiver.Resync(history.Rosters[Math.Min(early, history.Rosters.Count - 1)]);
            foreach (var diff in late.Concat(late))
            {
                receiver.Take(diff);
                if (!receiver.Replica.IsCurrent) receiver.Resync(history.Rosters.First(roster => roster.Revision >= diff.To));
            }
            Check(receiver, history);
        }, iter: 500);

    [Fact]
    public void A_receiver_that_buffered_too_much_knows_that_it_is_behind()
    {
        var room = new SimulatedRoom();
        room.Do(new(RoomActionKind.Join, 0, 0));
        var start = room.Roster;
        var replica = new RosterReplica();
        var outcomes = new List<DiffOutcome>();
        for (var change = 0; change <= RosterReplica.MostBuffered; change++)
            outcomes.Add(replica.Receive(room.Do(new(RoomActionKind.Publish, 0, change))!));

        outcomes.SkipLast(1).ShouldAllBe(outcome => outcome == DiffOutcome.Buffered);
        outcomes[^1].ShouldBe(DiffOutcome.Gap);
        replica.Receive(start).ShouldBe(DiffOutcome.Gap);
        replica.IsCurrent.ShouldBeFalse();
        replica.Receive(room.Roster).ShouldBe(DiffOutcome.Applied);
        replica.IsCurrent.ShouldBeTrue();
    }

    [Fact]
    public void A_suspected_roster_waits_for_a_resync()
    {
        var room = new SimulatedRoom();
        var replica = new RosterReplica();
        replica.Receive(room.Roster);
        replica.Suspect();
        var diff = room.Do(new(RoomActionKind.Join, 0, 0))!;

        replica.Receive(diff).ShouldBe(DiffOutcome.Buffered);
        replica.ReceiveResync(new() { Epoch = 1, From = 0, To = 0 }).ShouldBe(DiffOutcome.Applied);
        replica.Roster.ShouldBe(room.Roster);
    }

    private static void Check(Receiver receiver, History history)
    {
        receiver.Replica.IsCurrent.ShouldBeTrue();
        receiver.Replica.Roster.ShouldBe(history.Last);
        var newcomer = new UserViewRun(UserId);
        newcomer.Take(history.Last);
        receiver.View.Users.ShouldBe(newcomer.Users);
    }

    /// <summary>A replica and the view of it, as a client has them.</summary>
    private sealed class Receiver
    {
        public RosterReplica Replica { get; } = new();

        public UserViewRun View { get; } = new(UserId);

        public void Take(History history, int kind, int which)
        {
            var moment = which % history.Rosters.Count;
            if (kind == 1) Resync(history.Rosters[moment]);
            else if (kind == 2) Replica.Suspect();
            else if (kind == 3) ResyncByDiff(history, moment);
            else if (moment < history.Diffs.Count && history.Diffs[moment] is { } diff) Take(diff);
        }

        public void Take(RosterDiff diff)
        {
            if (Replica.Receive(diff) == DiffOutcome.Applied) View.Take(diff);
        }

        public void Resync(Roster snapshot)
        {
            Replica.Receive(snapshot);
            Show();
        }

        // A server answers with a diff only from a revision of this epoch that the receiver has named.
        private void ResyncByDiff(History history, int moment)
        {
            var to = history.Rosters[moment];
            if (Replica.Roster is not { } known || known.Epoch != to.Epoch || known.Revision > to.Revision) return;
            Replica.ReceiveResync(Roster.Compare(known, to)).ShouldNotBe(DiffOutcome.Ignored);
            Show();
        }

        private void Show()
        {
            if (Replica.Roster is { } roster) View.Take(roster);
        }
    }
}
