using System.Collections.ObjectModel;

namespace Mesh.Client.Tests;

/// <summary>Rosters made of a plain server's frames, and what is told of them connection by connection.</summary>
public sealed class RosterFeedTests
{
    private readonly RosterFeed _feed = new();

    public RosterFeedTests() => _feed.Switch(plain: true);

    [Fact]
    public void Who_is_there_already_is_seen_with_their_states()
    {
        Take(["a", "b"], ("b", "1"));
        States().ShouldBe(["a ", "b 1"]);
        _feed.IsCurrent.ShouldBeTrue();
        _feed.Known.ShouldBeNull();
    }

    [Fact]
    public void Updates_that_overtook_the_answer_are_taken_after_it()
    {
        foreach (var early in new[] { Update("join", "b"), Update("state", "b", "2"), Update("leave", "a") })
            _feed.Take(early).Outcome.ShouldBe(DiffOutcome.Buffered);
        Take(["a", "b"], ("b", "1")).Outcome.ShouldBe(DiffOutcome.Applied);
        States().ShouldBe(["b 2"]);
    }

    [Fact]
    public void More_of_them_than_can_be_kept_are_a_gap()
    {
        for (var early = 0; early <= 1024; early++) _feed.Take(Update("state", "a", $"{early}"));
        Take(["a"]).Outcome.ShouldBe(DiffOutcome.Gap);
        _feed.IsCurrent.ShouldBeFalse();
        Take(["a"], ("a", "1024")).Outcome.ShouldBe(DiffOutcome.Applied);
        States().ShouldBe(["a 1024"]);
        _feed.IsCurrent.ShouldBeTrue();
    }

    [Fact]
    public void A_state_that_comes_before_its_join_is_seen_and_the_join_changes_nothing()
    {
        Take([]);
        Told(_feed.Take(Update("state", "a", "1"))).ShouldBe(["Join a ", "State a 1"]);
        Told(_feed.Take(Update("join", "a"))).ShouldBeEmpty();
        Told(_feed.Take(Update("state", "a", "1"))).ShouldBe(["State a 1"]);
        Told(_feed.Take(Update("state", "a", "null"))).ShouldBe(["State a "]);
        Told(_feed.Take(Update("leave", "a"))).ShouldBe(["Leave a "]);
        Told(_feed.Take(Update("leave", "a"))).ShouldBeEmpty();
    }

    [Fact]
    public void After_a_new_subscription_only_the_difference_is_told()
    {
        Take(["a", "b", "c"], ("a", """{"x":1,"y":2}"""), ("b", "1"));
        _feed.Suspect();
        _feed.Take(Update("state", "d", "4"));
        // The same state, written anew by a server that does so.
        Told(Take(["a", "b", "d"], ("a", """{"y":2, "x":1}"""), ("b", "2"), ("d", "3"))).ShouldBe(["Leave c ", "Join d ", "State d 4", "State b 2"]);
    }

    [Fact]
    public void What_a_server_of_the_other_kind_says_takes_the_place_of_what_was_shown()
    {
        Take(["a", "b"], ("a", "1"));
        _feed.Switch(plain: false);
        _feed.Shown!.Count.ShouldBe(2);
        _feed.Known.ShouldBeNull();
        var snapshot = Roster.Create(7, 3, [new() { ConnectionId = "b", Number = 1, JoinedAt = new(7, 1), State = RawJson.FromText("5"), Stamp = new(7, 2) }]);
        Told(_feed.Take(snapshot, null)).ShouldBe(["Leave a ", "State b 5"]);
        _feed.Known.ShouldBe(new KnownRevision(7, 3));
    }

    [Fact]
    public void A_server_that_counts_anew_is_believed_and_asked_once_more()
    {
        _feed.Switch(plain: false);
        _feed.Take(Roster.Empty(9, 5), null);
        _feed.Take(Roster.Empty(2, 1), null).Outcome.ShouldBe(DiffOutcome.Ignored);
        _feed.Rebase();
        _feed.Take(Roster.Empty(2, 1), null).Outcome.ShouldBe(DiffOutcome.Gap);
        _feed.Shown!.At.ShouldBe(new Stamp(2, 1));
        _feed.Take(snapshot: null, new RosterDiff { Epoch = 2, From = 1, To = 2 }).Outcome.ShouldBe(DiffOutcome.Applied);
    }

    private static PlainUpdate Update(string type, string id, string? state = null) =>
        new(type, id, "general", 0, state is null ? default : RawJson.FromText(state), default);

    private static IEnumerable<string> Told(Taken taken) => taken.Change is null
        ? []
        : PresenceUpdates.Of(taken.Change, "general", default).Select(it => $"{it.Type} {it.ConnectionId} {it.State?.GetRawText()}");

    private Taken Take(string[] present, params (string Id, string State)[] states) => _feed.Take(
        present.Select(id => new PlainMember(id, default)),
        new ReadOnlyDictionary<string, RawJson>(states.ToDictionary(it => it.Id, it => RawJson.FromText(it.State), StringComparer.Ordinal)));

    private IEnumerable<string> States() => _feed.Shown!.Members.Select(it => $"{it.ConnectionId} {it.State}");
}
