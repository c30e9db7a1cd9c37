using System.Collections.Immutable;
using Mesh.Protocol.Tests.Properties;

namespace Mesh.Protocol.Tests.Users;

public class UserViewProperties
{
    /// <summary>After an action: how many answers come, which, and whether it reaches the view as a whole roster.</summary>
    private static readonly Gen<(RoomAction Action, int Answers, int Which, bool AsRoster)[]> Steps =
        Gen.Select(History.Action, Gen.Int[0, 3], Gen.Int[0, 99], Gen.Frequency((5, Gen.Const(false)), (1, Gen.Const(true)))).Array[0, 40];

    [Fact]
    public void It_shows_what_grouping_from_scratch_shows() =>
        Gen.Select(Steps, Gen.Bool).Sample((steps, isAsync) =>
        {
            var identifier = new Identifier("userId", Async: isAsync);
            var run = new UserViewRun(identifier);
            var model = new NaiveUserView(identifier);
            var unanswered = new List<Member>();
            var room = new SimulatedRoom();
            Take(room, null);
            foreach (var (action, answers, which, asRoster) in steps)
            {
                Take(room, room.Do(action) is { } diff && !asRoster ? diff : null);
                for (var answer = 0; answer < answers && unanswered.Count > 0; answer++) Answer(which % unanswered.Count);
            }

            void Take(SimulatedRoom now, RosterDiff? diff)
            {
                if (diff is null) run.Take(now.Roster);
                else run.Take(diff);
                var asked = model.Take(now.Roster);
                run.Asked.ShouldBe(asked, ignoreOrder: true);
                if (isAsync) unanswered.AddRange(asked);
                run.Users.ShouldBe(model.Users());
            }

            void Answer(int at)
            {
                var member = unanswered[at];
                unanswered.RemoveAt(at);
                run.Answer(member.ConnectionId, member.Stamp!.Value, identifier.AnswerFor(member.State));
                model.Answer(member.ConnectionId, member.Stamp!.Value, identifier.IdOf(member.State));
                run.Users.ShouldBe(model.Users());
            }
        }, iter: 2_000);

    [Fact]
    public void Equal_rosters_give_equal_views_whatever_came_before() =>
        Gen.Select(History.Actions, Gen.Int[0, 99].Array[0, 10]).Sample((actions, moments) =>
        {
            var rosters = new History(actions).Rosters;
            var identifier = new Identifier("userId");
            var wanderer = new UserViewRun(identifier);
            foreach (var moment in moments) wanderer.Take(rosters[moment % rosters.Count]);
            wanderer.Take(rosters[^1]);

            var newcomer = new UserViewRun(identifier);
            newcomer.Take(rosters[^1]);
            wanderer.Users.ShouldBe(newcomer.Users);
        }, iter: 1_000);

    [Fact]
    public void What_has_not_changed_is_the_same_object() =>
        History.Actions.Sample(actions =>
        {
            var run = new UserViewRun(new("userId"));
            ImmutableArray<UserEntry> before = [];
            foreach (var roster in new History(actions).Rosters)
            {
                run.Take(roster);
                var after = run.Users;
                if (before.SequenceEqual(after)) (after == before || before.IsEmpty).ShouldBeTrue();
                foreach (var entry in after)
                    if (before.FirstOrDefault(other => other == entry) is { } same) entry.ShouldBeSameAs(same);
                before = after;
            }
        }, iter: 500);
}
