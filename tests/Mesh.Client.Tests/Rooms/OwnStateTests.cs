namespace Mesh.Client.Tests;

/// <summary>What is published, what is restored, and what is kept, without a server.</summary>
public sealed class OwnStateTests
{
    private readonly OwnStateBench _bench = new();

    private OwnState Own => _bench.Own;

    [Fact]
    public void A_siblings_newer_state_is_stored_and_put_onto_the_own_member()
    {
        Own.Opened(null, new(new(1, 5)));
        Own.Observe(Record("new", 7, deadline: 9), own: false);
        _bench.Stored.ShouldBe([Record("new", 7, deadline: 9)]);
        _bench.Restored.ShouldBe([Record("new", 7, deadline: 9)]);
        Own.Observe(Record("new", 7, deadline: 9), own: false);
        Own.Observe(Record("old", 4), own: false);
        _bench.Restored.Count.ShouldBe(1);
    }

    [Fact]
    public void What_is_not_acknowledged_is_not_overwritten_by_a_takeover()
    {
        Own.Opened(null, default);
        var published = Publish("mine");
        Own.Observe(Record("theirs", 7), own: false);
        _bench.Stored.ShouldBeEmpty();
        _bench.Restored.ShouldBeEmpty();
        _bench.Answer(8);
        published.IsCompletedSuccessfully.ShouldBeTrue();
        _bench.Stored.ShouldBe([Record("mine", 8)]);
    }

    [Fact]
    public void A_state_that_a_sibling_published_after_ones_own_is_taken_over_when_that_is_acknowledged()
    {
        Own.Opened(null, default);
        var published = Publish("mine");
        Own.Observe(Record("theirs", 9), own: false);
        _bench.Answer(8);
        published.IsCompletedSuccessfully.ShouldBeTrue();
        _bench.Stored.ShouldBe([Record("theirs", 9)]);
        _bench.Restored.ShouldBe([Record("theirs", 9)]);
    }

    [Fact]
    public void Of_what_had_to_wait_only_the_newest_is_said_and_all_who_wait_are_answered()
    {
        Task[] all = [Publish("a"), Publish("b", silent: true)];
        var said = Own.Open();
        said!.Publish.ShouldBe(new Publication(Json("b"), null, true));
        Own.Opened(said, new(new(1, 3)));
        all.ShouldAllBe(it => it.IsCompletedSuccessfully);
        _bench.Published.ShouldBeEmpty();
    }

    [Fact]
    public void However_fast_it_is_published_only_so_many_are_under_way_and_the_newest_is_sent()
    {
        Own.Opened(null, default);
        var all = Enumerable.Range(0, 100).Select(it => Publish($"{it}")).ToList();
        _bench.Published.Count.ShouldBe(OwnState.MostSent);
        for (var answer = 1; answer <= OwnState.MostSent; answer++) _bench.Answer(answer);
        _bench.Published.Skip(OwnState.MostSent).ShouldBe([new Publication(Json("99"))]);
        _bench.Answer(17);
        all.ShouldAllBe(it => it.IsCompletedSuccessfully);
    }

    [Fact]
    public void What_was_under_way_when_the_connection_ended_is_said_again()
    {
        Own.Opened(null, default);
        var published = Publish("a");
        Own.Close();
        _bench.Refuse(ErrorCodes.Closed);
        var said = Own.Open();
        said!.Publish.ShouldBe(new Publication(Json("a")));
        Own.Opened(said, new(new(1, 3)));
        published.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void What_expired_while_it_had_to_wait_is_a_clear()
    {
        _bench.Find(new(Json("typing")) { Expires = _bench.Now - 1 });
        Own.Open()!.Publish.ShouldBe(new Publication(RawJson.Null));
    }

    [Fact]
    public void An_acknowledged_state_comes_back_with_its_stamp()
    {
        _bench.Find(Record("a", 3, deadline: 9));
        Own.Open()!.Restore.ShouldBe(Record("a", 3, deadline: 9));
    }

    [Fact]
    public void A_stamp_from_the_future_is_another_servers_so_the_state_is_published()
    {
        _bench.Find(Record("a", 3));
        Own.Opened(Own.Open(), default(Acknowledgement) with { Reason = "future" });
        _bench.Published.ShouldBe([new Publication(Json("a"))]);
        _bench.Stored[^1].ShouldBe(new OwnRecord(Json("a")));
    }

    [Fact]
    public void A_state_whose_deadline_has_passed_is_cleared()
    {
        _bench.Find(Record("a", 3, deadline: 9));
        Own.Opened(Own.Open(), default(Acknowledgement) with { Reason = "expired" });
        _bench.Stored[^1].ShouldBe(new OwnRecord(RawJson.Null) { Stamp = new(1, 3) });
    }

    [Fact]
    public void A_plain_server_may_write_a_state_anew_and_it_expires_all_the_same()
    {
        Own.Opened(null, default);
        var published = Own.PublishAsync(new(RawJson.FromText("""{"a":1.0,"b":"\u00e9"}""")) { Expires = _bench.Now + 500 }, silent: false);
        _bench.AnswerPlain();
        published.IsCompletedSuccessfully.ShouldBeTrue();
        Own.See(RawJson.FromText("""{"b":"é","a":1}"""));
        Own.Close();
        Own.Open()!.Publish!.ExpireAfter.ShouldBe(500);
    }

    [Fact]
    public void A_refusal_reaches_the_caller_and_what_was_acknowledged_last_is_kept()
    {
        Own.Opened(null, default);
        Own.Observe(Record("good", 2), own: true);
        var published = Publish("bad");
        _bench.Refuse(ErrorCodes.TooLarge);
        published.Exception!.InnerException.ShouldBeOfType<MeshException>().Code.ShouldBe(ErrorCodes.TooLarge);
        _bench.Reverted.ShouldBe([(new OwnRecord(Json("bad")), Record("good", 2))]);
    }

    [Fact]
    public void Disposing_leaves_what_was_not_acknowledged_for_the_next_start()
    {
        var published = Publish("a");
        Own.Abandon(Errors.Disposed());
        published.IsFaulted.ShouldBeTrue();
        _bench.Reverted.ShouldBeEmpty();
        Own.Open().ShouldBeNull();
    }

    [Fact]
    public void What_was_found_is_published_no_more_once_another_tab_has_said_it_or_something_later()
    {
        _bench.Find(new(Json("X")));
        _bench.Kept = Record("Y", 4);
        Own.Open()!.Restore.ShouldBe(Record("Y", 4));
        _bench.Published.ShouldBeEmpty();
    }

    [Fact]
    public void A_clear_that_was_not_acknowledged_is_found_again_and_said()
    {
        _bench.Find(new(RawJson.Null));
        Own.Open()!.Publish.ShouldBe(new Publication(RawJson.Null));
    }

    [Fact]
    public void A_clear_of_nothing_clears_what_the_users_other_connections_say()
    {
        var cleared = Publish(null);
        Own.Opened(Own.Open(), default);
        Own.Observe(Record("v", 4), own: false);
        Own.Learned();
        _bench.Restored.ShouldBe([Record("v", 4)]);
        _bench.Published.ShouldBe([new Publication(RawJson.Null)]);
        cleared.IsCompleted.ShouldBeFalse();
        _bench.Answer(6);
        cleared.IsCompletedSuccessfully.ShouldBeTrue();
        _bench.Stored.ShouldBe([new OwnRecord(RawJson.Null) { Stamp = new(1, 6) }]);
    }

    [Fact]
    public void A_clear_of_nothing_does_so_also_where_this_connection_has_cleared_before()
    {
        _bench.Find(new(RawJson.Null) { Stamp = new(1, 2) });
        _ = Publish("never said");
        var cleared = Publish(null);
        Own.Opened(Own.Open(), default);
        Own.Observe(new(RawJson.Null) { Stamp = new(1, 2) }, own: true);
        Own.Observe(Record("v", 4), own: false);
        Own.Learned();
        _bench.Published.ShouldBe([new Publication(RawJson.Null)]);
        _bench.Answer(6);
        cleared.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void A_clear_of_nothing_that_is_answered_when_the_connection_has_ended_is_said_again_with_the_next_entry()
    {
        Own.Opened(null, default);
        var cleared = Publish(null);
        Own.Observe(Record("v", 4), own: false);
        Own.Close();
        _bench.AnswerVain();
        cleared.IsCompleted.ShouldBeFalse();
        Own.Open()!.Publish.ShouldBe(new Publication(RawJson.Null));
    }

    [Fact]
    public void A_clear_of_nothing_where_nobody_says_anything_is_done()
    {
        var cleared = Publish(null);
        Own.Opened(Own.Open(), default);
        Own.Learned();
        cleared.IsCompletedSuccessfully.ShouldBeTrue();
        _bench.Published.ShouldBeEmpty();
    }

    [Fact]
    public void A_clear_of_nothing_leaves_cleared_what_was_cleared_before()
    {
        _bench.Find(new(RawJson.Null) { Stamp = new(1, 6) });
        var cleared = Publish(null);
        Own.Opened(Own.Open(), default);
        Own.Learned();
        cleared.IsCompletedSuccessfully.ShouldBeTrue();
        _bench.Restored.ShouldBe([new OwnRecord(RawJson.Null) { Stamp = new(1, 6) }]);
        Own.Observe(Record("before", 4), own: false);
        _bench.Stored[^1].State.HasValue.ShouldBeFalse();
    }

    [Fact]
    public void A_state_that_keeps_the_room_shut_is_forgotten()
    {
        _bench.Find(Record("stamped", 2));
        var said = Own.Open();
        Own.Refused(said, new(ErrorCodes.TooLarge, "no")).ShouldBeTrue();
        _bench.Reverted.ShouldBe([(Record("stamped", 2), null)]);
        _bench.Kept = null;
        Own.Open().ShouldBeNull();
        _bench.Find(new(Json("other")));
        Own.Refused(Own.Open(), new(ErrorCodes.Forbidden, "no")).ShouldBeFalse();
    }

    [Fact]
    public void What_came_too_fast_is_sent_again_in_a_while()
    {
        Own.Opened(null, default);
        var first = Publish("first");
        _bench.Refuse(ErrorCodes.Rate);
        _bench.Published.Count.ShouldBe(1);
        var second = Publish("second");
        _bench.Answer(3);
        first.IsCompletedSuccessfully.ShouldBeTrue();
        second.IsCompletedSuccessfully.ShouldBeTrue();

        var third = Publish("third");
        _bench.Refuse(ErrorCodes.Rate);
        _bench.Advance(TimeSpan.FromSeconds(1));
        _bench.Published[^1].ShouldBe(new Publication(Json("third")));
        _bench.Answer(5);
        third.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void A_takeover_of_what_has_expired_leaves_the_own_member_cleared_and_not_with_what_was_before()
    {
        Own.Opened(null, new(new(1, 1)));
        Own.Observe(Record("before", 1), own: true);
        Own.Observe(Record("expired", 5), own: false);
        _bench.AnswerRestore(restored: false, "expired");
        _bench.Restored.ShouldBe([Record("expired", 5), new(RawJson.Null) { Stamp = new(1, 5) }]);
        _bench.AnswerRestore(restored: true);
        Own.Observe(Record("expired", 5), own: false);
        _bench.Restored.Count.ShouldBe(2);
    }

    [Fact]
    public void A_takeover_that_the_server_could_not_do_now_is_tried_again_and_one_that_it_refused_is_not()
    {
        Own.Opened(null, new(new(1, 1)));
        Own.Observe(Record("new", 5), own: false);
        _bench.RefuseRestore(ErrorCodes.Rate);
        _bench.Advance(TimeSpan.FromSeconds(1));
        _bench.Restored.Count.ShouldBe(2);
        _bench.RefuseRestore(ErrorCodes.Forbidden);
        _bench.Advance(TimeSpan.FromMinutes(1));
        Own.Observe(Record("new", 5), own: false);
        _bench.Restored.Count.ShouldBe(2);
    }

    [Fact]
    public void An_own_member_that_was_joined_again_as_it_was_long_ago_gets_the_state_again()
    {
        Own.Opened(null, new(new(1, 1)));
        Own.Observe(Record("new", 5), own: true);
        _bench.Restored.ShouldBeEmpty();
        Own.Rejoined(new(1, 1));
        Own.TakeOver();
        Own.TakeOver();
        _bench.Restored.ShouldBe([Record("new", 5)]);
        Own.Rejoined(null);
        Own.TakeOver();
        _bench.Restored.Count.ShouldBe(2);
    }

    private static RawJson Json(string text) => RawJson.FromText($"\"{text}\"");

    private static OwnRecord Record(string state, long revision, long? deadline = null) => new(Json(state)) { Stamp = new(1, revision), Deadline = deadline };

    private Task Publish(string? state, bool silent = false) => Own.PublishAsync(new(state is null ? RawJson.Null : Json(state)), silent);
}
