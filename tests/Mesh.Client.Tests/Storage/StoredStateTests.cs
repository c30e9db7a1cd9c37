using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Client.Tests;

/// <summary>The own state as it is stored, which the browser client can read too.</summary>
public sealed class StoredStateTests
{
    private const string StateKey = "m:presence:k";
    private const string StampKey = "m:presence-stamp:k";

    private readonly MemoryPresenceStorage _storage = new();
    private readonly StoredState _stored;

    // By now it is known whose the states are of those made Early.
    private bool _isKnown;

    public StoredStateTests() => _stored = In("general");

    [Fact]
    public void The_state_is_stored_as_existing_apps_store_it()
    {
        _stored.Publish(Record("""{"userId":"al"}"""));
        _storage.Get(StateKey).ShouldBe("""{"userId":"al"}""");
        _storage.Get(StampKey).ShouldBeNull();
        _storage.Set(StateKey, """ {"userId":"bo"} """);
        _stored.Record.ShouldBe(Record("""{"userId":"bo"}"""));
        _stored.State.ShouldBe(Json("""{"userId":"bo"}"""));
    }

    [Fact]
    public void An_acknowledged_state_has_a_stamp_which_is_void_when_another_program_changed_the_state()
    {
        _stored.Acknowledge(Record("1", new(1, 2), deadline: 9));
        _storage.Get(StampKey).ShouldBe("""{"stamp":[1,2],"deadline":9,"room":"general","state":"1"}""");
        _stored.Record.ShouldBe(Record("1", new(1, 2), deadline: 9));
        In("other").Record.ShouldBe(Record("1"));
        _storage.Set(StateKey, "2");
        _stored.Record.ShouldBe(Record("2"));
    }

    [Fact]
    public void Nobodys_in_the_place_of_a_user_is_neither_the_users_nor_the_other_way_round()
    {
        var nobodys = In("general", "a:b");
        var users = In("general", "a");
        users.BelongTo("b", said: null);
        foreach (var (one, other) in new[] { (users, nobodys), (nobodys, users) })
        {
            one.Publish(Record("1"));
            one.State.ShouldBe(Json("1"));
            other.Record.ShouldBeNull();
            one.Acknowledge(Record("1", new(1, 1)));
            other.Record.ShouldBeNull();
            one.Acknowledge(Record("null"));
            other.State.ShouldBe(RawJson.Null);
        }
        // As existing apps store it.
        _storage.Set("m:presence:a:b", "2");
        nobodys.State.ShouldBe(Json("2"));
        users.Record.ShouldBeNull();
    }

    [Fact]
    public void An_older_state_does_not_overwrite_a_newer_one()
    {
        _stored.Acknowledge(Record("2", new(2, 1)));
        _stored.Acknowledge(Record("1", new(1, 9)));
        _stored.State.ShouldBe(Json("2"));
    }

    [Fact]
    public void A_clear_removes_the_state_and_keeps_its_stamp()
    {
        _stored.Acknowledge(Record("1", new(1, 2)));
        _stored.Acknowledge(Record("null", new(1, 3)));
        _storage.Get(StateKey).ShouldBeNull();
        _stored.Record.ShouldBe(Record("null", new(1, 3)));
    }

    [Fact]
    public void A_clear_that_was_not_acknowledged_is_known_to_be_one_until_it_is()
    {
        _stored.Acknowledge(Record("1", new(1, 2)));
        _stored.Publish(Record("null"));
        _storage.Get(StateKey).ShouldBeNull();
        _storage.Get(StampKey).ShouldBe("""{"room":"general","state":null}""");
        _stored.Record.ShouldBe(Record("null"));
        _stored.Acknowledge(Record("null"));
        _stored.Record.ShouldBeNull();
        _storage.Get(StampKey).ShouldBeNull();
    }

    [Fact]
    public void What_was_refused_is_overwritten_by_what_was_acknowledged_last_unless_another_tab_has_been_faster()
    {
        _stored.Publish(Record("2"));
        _stored.Revert(Record("2"), Record("1", new(1, 2)));
        _stored.Record.ShouldBe(Record("1", new(1, 2)));
        _stored.Publish(Record("3"));
        _stored.Revert(Record("3"), null);
        _stored.Record.ShouldBeNull();
        _stored.Acknowledge(Record("2", new(1, 5)));
        _stored.Revert(Record("2"), null);
        _stored.Record.ShouldBe(Record("2", new(1, 5)));
    }

    [Fact]
    public void The_state_of_a_verified_user_is_stored_apart()
    {
        _stored.Acknowledge(Record("1", new(1, 2)));
        _stored.BelongTo("alice", said: null);
        (_stored.State, _stored.Record).ShouldBe((RawJson.Null, null));
        _stored.Acknowledge(Record("2", new(1, 1)));
        _storage.Get(StateKey).ShouldBe("1");
        _storage.Get("m:presence:k:alice").ShouldBe("2");
        _storage.Get("m:presence-stamp:k:alice").ShouldNotBeNull();
        _stored.BelongTo("bob", said: null);
        _stored.Record.ShouldBeNull();
        _stored.BelongTo("alice", said: null);
        _stored.Record.ShouldBe(Record("2", new(1, 1)));
        _stored.BelongTo(null, said: null);
        _stored.Record.ShouldBe(Record("1", new(1, 2)));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    public void What_was_said_before_its_user_was_known_goes_with_it_and_nothing_else_does(string said)
    {
        _stored.Publish(Record(said));
        _stored.BelongTo("alice", Record(said));
        _stored.Record.ShouldBe(Record(said));
        (_storage.Get(StateKey), _storage.Get(StampKey)).ShouldBe((null, null));
        var other = In("general");
        other.Publish(Record("2"));
        other.BelongTo("bob", Record("3"));
        other.Record.ShouldBeNull();
        _storage.Get(StateKey).ShouldBe("2");
    }

    [Theory]
    [InlineData("1", null, """{"room":"general","early":true,"state":"1"}""")]
    [InlineData("2", 9L, """{"expires":9,"room":"general","early":true,"state":"2"}""")]
    [InlineData("null", null, """{"room":"general","early":true,"state":null}""")]
    public void What_is_stored_before_it_is_known_whose_it_is_is_marked_and_found_by_nobody_but_who_has_stored_it(string state, long? expires, string beside)
    {
        var mine = Early();
        var record = Record(state) with { Expires = expires };
        mine.Publish(record);
        _storage.Get(StampKey).ShouldBe(beside);
        mine.Record.ShouldBe(record);
        Early().Record.ShouldBeNull();
        Early().Publish(Record("3"));
        mine.Record.ShouldBeNull();
    }

    [Fact]
    public void Once_nobody_is_verified_it_is_nobodys_and_when_it_is_acknowledged_the_mark_is_gone()
    {
        Early().Publish(Record("1"));
        var next = Early();
        next.Record.ShouldBeNull();
        _isKnown = true;
        next.Record.ShouldBe(Record("1"));
        next.Acknowledge(Record("1", new(1, 2)));
        _storage.Get(StampKey).ShouldBe("""{"stamp":[1,2],"room":"general","state":"1"}""");
        next.Acknowledge(Record("1"));
        (_storage.Get(StateKey), _storage.Get(StampKey)).ShouldBe(("1", null));
    }

    [Fact]
    public void Once_a_user_is_verified_it_is_not_theirs_unless_they_have_said_it()
    {
        var (alice, bob) = (Early(), Early());
        alice.Publish(Record("1"));
        _isKnown = true;
        bob.BelongTo("bob", said: null);
        bob.Record.ShouldBeNull();
        alice.BelongTo("alice", Record("1"));
        alice.Record.ShouldBe(Record("1"));
        _storage.Get("m:presence-stamp:k:alice").ShouldBe("""{"room":"general","user":"alice","state":"1"}""");
        (_storage.Get(StateKey), _storage.Get(StampKey)).ShouldBe((null, null));
    }

    [Fact]
    public void What_is_nobodys_for_sure_is_found_at_once_and_stays_nobodys()
    {
        _storage.Set(StateKey, "1");
        Early().Record.ShouldBe(Record("1"));
        _stored.Acknowledge(Record("1", new(1, 2)));
        Early().Record.ShouldBe(Record("1", new(1, 2)));
        // As a helper does with what it has found.
        Early().Acknowledge(Record("1", new(1, 2)));
        Early().Record.ShouldBe(Record("1", new(1, 2)));
    }

    [Fact]
    public void The_mark_is_void_when_another_program_changed_the_state()
    {
        Early().Publish(Record("1"));
        _storage.Set(StateKey, "2");
        Early().Record.ShouldBe(Record("2"));
    }

    [Fact]
    public void The_mark_is_there_before_the_state()
    {
        var shared = new SharedStorage(_storage);
        new StoredState(new(shared, NullLogger.Instance), "k", "general", () => false).Publish(Record("1"));
        shared.Written.ShouldBe([StampKey, StateKey]);
    }

    [Fact]
    public void No_two_pairs_of_key_and_user_are_stored_in_one_place()
    {
        string[] texts = ["a", "a:", ":a", "a:a", "a%3Aa", "%", "%25", ":"];
        foreach (var key in texts)
            foreach (var user in texts)
            {
                var stored = In("general", key);
                stored.BelongTo(user, said: null);
                stored.Record.ShouldBeNull($"{key} of {user}");
                stored.Publish(Record("1"));
            }
    }

    [Fact]
    public void What_is_no_JSON_is_nothing()
    {
        _storage.Set(StateKey, "{");
        _storage.Set(StampKey, "{");
        _stored.State.ShouldBe(RawJson.Null);
        _stored.Record.ShouldBeNull();
    }

    [Fact]
    public void What_another_process_writes_between_the_one_reading_and_the_other_is_read_whole()
    {
        _stored.Acknowledge(Record("1", new(1, 2)));
        var shared = new SharedStorage(_storage) { BetweenReads = () => In("general").Acknowledge(Record("2", new(1, 3))) };
        new StoredState(new(shared, NullLogger.Instance), "k", "general", () => true).Record.ShouldBe(Record("2", new(1, 3)));
    }

    private static RawJson Json(string text) => RawJson.FromText(text);

    private static OwnRecord Record(string state, Stamp? stamp = null, long? deadline = null) => new(Json(state)) { Stamp = stamp, Deadline = deadline };

    private StoredState In(string room, string key = "k") => new(new(_storage, NullLogger.Instance), key, room, () => true);

    private StoredState Early() => new(new(_storage, NullLogger.Instance), "k", "general", () => _isKnown);

    /// <summary>Storage in which another process writes once, between two readings of this one.</summary>
    private sealed class SharedStorage(IPresenceStorage storage) : IPresenceStorage
    {
        public Action? BetweenReads { get; set; }

        /// <summary>The keys, in order.</summary>
        public List<string> Written { get; } = [];

        public string? Get(string key)
        {
            var value = storage.Get(key);
            var write = BetweenReads;
            BetweenReads = null;
            write?.Invoke();
            return value;
        }

        public void Set(string key, string value)
        {
            Written.Add(key);
            storage.Set(key, value);
        }

        public void Remove(string key) => storage.Remove(key);
    }
}
