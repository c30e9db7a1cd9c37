using System.Collections.Concurrent;

namespace Mesh.Server.Tests.Backplane;

/// <summary>What every <see cref="IRoomStore"/> does. A backend derives from this, and passes.</summary>
public abstract class RoomStoreConformance : IAsyncLifetime
{
    private const int MostMembers = 5;

    private readonly ConcurrentQueue<RoomEvent> _events = [];
    private IAsyncDisposable? _listening;

    /// <summary>Its <see cref="IRoomStore"/>, empty, with up to so many members a room.</summary>
    protected abstract ValueTask<IRoomStore> CreateAsync(int membersPerRoom);

    /// <summary>The store's own clock, in milliseconds since 1970.</summary>
    protected abstract ValueTask<long> NowAsync();

    private IRoomStore Store { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Store = await CreateAsync(MostMembers);

    public async ValueTask DisposeAsync()
    {
        if (_listening is not null) await _listening.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_room_that_nobody_entered_is_empty()
    {
        var roster = await Store.ReadAsync("r", Cancellation);
        roster.Count.ShouldBe(0);
        roster.Revision.ShouldBe(0);
        (await Store.GetMetadataAsync("r", Cancellation)).IsAbsent.ShouldBeTrue();
    }

    [Fact]
    public async Task A_join_is_one_change_with_or_without_a_state()
    {
        var one = await Store.JoinAsync("r", new("a", "alice", "s1", Raw("{}")), null, Cancellation);
        one.Outcome.ShouldBe(ChangeOutcome.Changed);
        one.At.Revision.ShouldBe(1);
        one.Member.ShouldBe(new Member { ConnectionId = "a", Number = one.Member!.Number, UserId = "alice", Sibling = "s1", Metadata = Raw("{}"), JoinedAt = one.At });

        var two = await Store.JoinAsync("r", new("b"), new StateChange.Publish(Raw("1")), Cancellation);
        two.At.ShouldBe(one.At with { Revision = 2 });
        two.Member.ShouldBe(new Member { ConnectionId = "b", Number = two.Member!.Number, State = Raw("1"), Stamp = two.At, JoinedAt = two.At });
        two.Member.Number.ShouldBeGreaterThan(one.Member.Number);
        (await Store.ReadAsync("r", Cancellation)).ShouldBe(Roster.Create(two.At.Epoch, 2, [one.Member, two.Member]));
    }

    [Fact]
    public async Task A_member_that_joins_again_is_unchanged_but_for_its_state()
    {
        var joined = await Store.JoinAsync("r", new("a", Metadata: Raw("1")), null, Cancellation);
        var again = await Store.JoinAsync("r", new("a", "other", "other", Raw("2")), null, Cancellation);
        again.Outcome.ShouldBe(ChangeOutcome.Unchanged);
        again.At.ShouldBe(joined.At);
        again.Member.ShouldBe(joined.Member);
        var published = await Store.JoinAsync("r", new("a"), new StateChange.Publish(Raw("1")), Cancellation);
        published.Outcome.ShouldBe(ChangeOutcome.Changed);
        published.Member.ShouldBe(joined.Member! with { State = Raw("1"), Stamp = published.At });
    }

    [Fact]
    public async Task A_no_op_raises_no_revision_and_tells_nobody()
    {
        await JoinAsync("a");
        await Store.SetMemberMetadataAsync("r", "a", Raw("1"), Cancellation);
        var stamp = (await PublishAsync("a", "1")).At;
        await ListenAsync();
        var before = await Store.ReadAsync("r", Cancellation);

        (await Store.JoinAsync("r", new("a"), null, Cancellation)).Outcome.ShouldBe(ChangeOutcome.Unchanged);
        (await Store.SetMemberMetadataAsync("r", "a", Raw("1"), Cancellation)).Outcome.ShouldBe(ChangeOutcome.Unchanged);
        (await Store.SetStateAsync("r", "a", new StateChange.Restore(Raw("2"), stamp), Cancellation)).Outcome.ShouldBe(ChangeOutcome.Unchanged);
        (await Store.SetStateAsync("r", "a", new StateChange.Expire(stamp with { Revision = 1 }), Cancellation)).Outcome.ShouldBe(ChangeOutcome.Unchanged);
        (await Store.SetStateAsync("r", "nobody", new StateChange.Publish(Raw("2")), Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember);
        (await Store.SetMemberMetadataAsync("r", "nobody", Raw("2"), Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember);
        (await Store.LeaveAsync("r", "nobody", Cancellation)).Outcome.ShouldBe(ChangeOutcome.NotMember);
        await Store.SetMetadataAsync("r", Raw("3"), Cancellation);

        (await Store.ReadAsync("r", Cancellation)).ShouldBe(before);
        await PublishAsync("a", "2");
        await EventsUpToAsync(before.Revision + 1);
        _events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_clear_of_nothing_changes_nothing_and_a_clear_of_something_is_a_stamped_null()
    {
        await JoinAsync("a");
        (await PublishAsync("a", "null")).Outcome.ShouldBe(ChangeOutcome.Unchanged);
        await PublishAsync("a", "1", TimeSpan.FromHours(1));
        var cleared = await PublishAsync("a", "null");
        cleared.Outcome.ShouldBe(ChangeOutcome.Changed);
        cleared.Member!.State.IsNull.ShouldBeTrue();
        cleared.Member.Stamp.ShouldBe(cleared.At);
        cleared.Member.Deadline.ShouldBeNull();
        (await PublishAsync("a", "null")).Outcome.ShouldBe(ChangeOutcome.Unchanged);
    }

    [Fact]
    public async Task A_publish_always_has_a_new_stamp_also_with_equal_bytes_and_keeps_the_bytes()
    {
        await JoinAsync("a");
        const string odd = """{ "a" : 1.0 , "\u0041":"ü" }""";
        var first = await PublishAsync("a", odd);
        var second = await PublishAsync("a", odd);
        second.Outcome.ShouldBe(ChangeOutcome.Changed);
        second.Member!.Stamp.ShouldBe(first.At with { Revision = first.At.Revision + 1 });
        (await Store.ReadAsync("r", Cancellation)).Members.Single().State.ToString().ShouldBe(odd);
    }

    [Fact]
    public async Task A_deadline_is_the_stores_time_plus_the_expiry_rounded_up()
    {
        await JoinAsync("a");
        var before = await NowAsync();
        var published = await PublishAsync("a", "1", TimeSpan.FromMilliseconds(1000.2));
        published.Member!.Deadline!.Value.ShouldBeInRange(before + 1000, await NowAsync() + 1001);
        (await PublishAsync("a", "2")).Member!.Deadline.ShouldBeNull();
    }

    [Fact]
    public async Task A_restore_is_taken_only_if_newer_not_from_the_future_and_not_expired()
    {
        await JoinAsync("a");
        var epoch = (await Store.ReadAsync("r", Cancellation)).Epoch;
        var later = await NowAsync() + 1_000_000;
        await JoinAsync("b");

        async Task<RestoreRefusal?> RestoreAsync(string state, Stamp stamp, long? deadline = null)
        {
            var change = await Store.SetStateAsync("r", "a", new StateChange.Restore(Raw(state), stamp, deadline), Cancellation);
            change.Outcome.ShouldBe(change.Refusal is null ? ChangeOutcome.Changed : ChangeOutcome.Unchanged);
            if (change.Refusal is null)
            {
                change.Member!.State.ShouldBe(Raw(state));
                change.Member.Stamp.ShouldBe(stamp);
                change.Member.Deadline.ShouldBe(deadline);
            }
            return change.Refusal;
        }
        (await RestoreAsync("1", new(epoch - 1, 1000), later)).ShouldBeNull();
        (await RestoreAsync("2", new(epoch - 1, 1000))).ShouldBe(RestoreRefusal.Older);
        (await RestoreAsync("2", new(epoch - 2, 5000))).ShouldBe(RestoreRefusal.Older);
        (await RestoreAsync("2", new(epoch, 9))).ShouldBe(RestoreRefusal.Future);
        (await RestoreAsync("2", new(epoch + 1, 0))).ShouldBe(RestoreRefusal.Future);
        (await RestoreAsync("2", new(epoch, 1), 1)).ShouldBe(RestoreRefusal.Expired);
        (await RestoreAsync("null", new(epoch, 1))).ShouldBeNull();
        (await RestoreAsync("3", new(epoch, 4))).ShouldBeNull();
        (await Store.ReadAsync("r", Cancellation)).Revision.ShouldBe(5);
    }

    [Fact]
    public async Task A_join_whose_restore_is_refused_is_still_a_join()
    {
        var joined = await Store.JoinAsync("r", new("a"), new StateChange.Restore(Raw("1"), new(long.MaxValue >> 10, 1)), Cancellation);
        joined.Outcome.ShouldBe(ChangeOutcome.Changed);
        joined.Refusal.ShouldBe(RestoreRefusal.Future);
        joined.Member!.Stamp.ShouldBeNull();
        var restored = await Store.JoinAsync("r", new("b"), new StateChange.Restore(Raw("1"), new(1, 1)), Cancellation);
        restored.Refusal.ShouldBeNull();
        restored.Member!.Stamp.ShouldBe(new Stamp(1, 1));
        restored.At.Revision.ShouldBe(2);
    }

    [Fact]
    public async Task An_expiry_nulls_the_state_of_its_own_stamp_and_no_other()
    {
        await JoinAsync("a");
        var first = await PublishAsync("a", "1", TimeSpan.FromMilliseconds(1));
        var second = await PublishAsync("a", "2");
        (await Store.SetStateAsync("r", "a", new StateChange.Expire(first.At), Cancellation)).Outcome.ShouldBe(ChangeOutcome.Unchanged);
        var expired = await Store.SetStateAsync("r", "a", new StateChange.Expire(second.At), Cancellation);
        expired.Outcome.ShouldBe(ChangeOutcome.Changed);
        expired.Member!.State.IsNull.ShouldBeTrue();
        expired.Member.Stamp.ShouldBe(expired.At);
        (await Store.SetStateAsync("r", "a", new StateChange.Expire(expired.At), Cancellation)).Outcome.ShouldBe(ChangeOutcome.Unchanged);
    }

    [Fact]
    public async Task A_leave_takes_member_and_state_and_a_newcomer_has_another_number()
    {
        await JoinAsync("a");
        await JoinAsync("b");
        await PublishAsync("b", "1");
        var left = await Store.LeaveAsync("r", "b", Cancellation);
        left.Outcome.ShouldBe(ChangeOutcome.Changed);
        left.Member.ShouldBeNull();
        left.At.Revision.ShouldBe(4);
        var back = await JoinAsync("b");
        back.Member!.Number.ShouldBe(3);
        back.Member.Stamp.ShouldBeNull();
    }

    [Fact]
    public async Task A_full_room_takes_no_more_but_its_own()
    {
        for (var at = 0; at < MostMembers; at++) await JoinAsync($"m{at}");
        var refused = await JoinAsync("more");
        refused.Outcome.ShouldBe(ChangeOutcome.Full);
        refused.Member.ShouldBeNull();
        (await Store.JoinAsync("r", new("m0"), new StateChange.Publish(Raw("1")), Cancellation)).Outcome.ShouldBe(ChangeOutcome.Changed);
        await Store.LeaveAsync("r", "m1", Cancellation);
        (await JoinAsync("more")).Outcome.ShouldBe(ChangeOutcome.Changed);
        (await Store.ReadAsync("r", Cancellation)).Count.ShouldBe(MostMembers);
        // Who had a place before others came has it again.
        (await Store.JoinAsync("r", new("m1") { IsPutBack = true }, null, Cancellation)).Outcome.ShouldBe(ChangeOutcome.Changed);
        (await JoinAsync("one more")).Outcome.ShouldBe(ChangeOutcome.Full);
    }

    [Fact]
    public async Task A_room_that_was_empty_comes_back_with_a_higher_epoch()
    {
        var epochs = new List<long>();
        for (var round = 0; round < 20; round++)
        {
            var joined = await JoinAsync("a");
            joined.At.Revision.ShouldBe(1);
            joined.Member!.Number.ShouldBe(1);
            epochs.Add(joined.At.Epoch);
            await Store.LeaveAsync("r", "a", Cancellation);
            (await Store.ReadAsync("r", Cancellation)).Count.ShouldBe(0);
        }
        epochs.ShouldBeInOrder();
        epochs.ShouldBeUnique();
        epochs.ShouldAllBe(it => it > 0 && it < 1L << 53);
    }

    [Fact]
    public async Task Metadata_of_the_room_outlives_its_members_and_is_no_change_of_the_roster()
    {
        await Store.SetMetadataAsync("r", Raw("""{"title":"ü"}"""), Cancellation);
        var joined = await JoinAsync("a");
        await Store.LeaveAsync("r", "a", Cancellation);
        (await Store.GetMetadataAsync("r", Cancellation)).ToString().ShouldBe("""{"title":"ü"}""");
        (await Store.GetMetadataAsync("s", Cancellation)).IsAbsent.ShouldBeTrue();
        (await JoinAsync("a")).At.ShouldBeGreaterThan(joined.At);
        await Store.SetMetadataAsync("r", default, Cancellation);
        (await Store.GetMetadataAsync("r", Cancellation)).IsAbsent.ShouldBeTrue();
    }

    [Fact]
    public async Task Metadata_of_a_member_is_replaced_and_removed()
    {
        await JoinAsync("a");
        (await Store.SetMemberMetadataAsync("r", "a", Raw("1"), Cancellation)).Member!.Metadata.ShouldBe(Raw("1"));
        var removed = await Store.SetMemberMetadataAsync("r", "a", default, Cancellation);
        removed.Outcome.ShouldBe(ChangeOutcome.Changed);
        removed.Member!.Metadata.IsAbsent.ShouldBeTrue();
        (await Store.SetMemberMetadataAsync("r", "a", default, Cancellation)).Outcome.ShouldBe(ChangeOutcome.Unchanged);
        (await Store.ReadAsync("r", Cancellation)).Revision.ShouldBe(3);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("}{")]
    [InlineData("a b:c*?[x]\\\"'")]
    [InlineData("__proto__")]
    [InlineData("\u00e9")]
    [InlineData("e\u0301")]
    [InlineData("R")]
    public async Task Names_of_rooms_are_told_apart_by_every_character(string room)
    {
        await JoinAsync("a");
        await Store.JoinAsync(room, new("b"), null, Cancellation);
        await Store.SetMetadataAsync(room, Raw("1"), Cancellation);
        (await Store.ReadAsync(room, Cancellation)).Members.Single().ConnectionId.ShouldBe("b");
        (await Store.ReadAsync("r", Cancellation)).Members.Single().ConnectionId.ShouldBe("a");
        (await Store.GetMetadataAsync("r", Cancellation)).IsAbsent.ShouldBeTrue();
    }

    [Fact]
    public async Task Each_change_is_told_once_in_order_with_what_changed()
    {
        await JoinAsync("early");
        await ListenAsync();
        var before = await NowAsync();
        await Store.JoinAsync("r", new("a", Metadata: Raw("0")), new StateChange.Publish(Raw("1"), Silent: true), Cancellation);
        await PublishAsync("a", "2");
        await Store.SetStateAsync("r", "a", new StateChange.Publish(Raw("3"), Silent: true), Cancellation);
        await Store.SetMemberMetadataAsync("r", "a", default, Cancellation);
        await Store.LeaveAsync("r", "early", Cancellation);
        await EventsUpToAsync(6);

        var epoch = (await Store.ReadAsync("r", Cancellation)).Epoch;
        var told = _events.ToList();
        told.Select(it => it.Room).ShouldAllBe(it => it == "r");
        told.Select(it => (it.Change.Epoch, it.Change.From, it.Change.To)).ShouldBe(Enumerable.Range(1, 5).Select(at => (epoch, (long)at, (long)at + 1)));
        told.Select(it => it.Silent).ShouldBe([true, false, true, false, false]);
        told[0].Change.Joined.Single().ShouldBe(
            new Member { ConnectionId = "a", Number = 2, Metadata = Raw("0"), State = Raw("1"), Stamp = new(epoch, 2), JoinedAt = new(epoch, 2) });
        told[1].Change.Updated.Single().ShouldBe(new MemberUpdate { Number = 2, State = Raw("2"), Stamp = new(epoch, 3) });
        told[3].Change.Updated.Single().ShouldBe(new MemberUpdate { Number = 2, Metadata = RawJson.Null });
        told[4].Change.Left.Single().ShouldBe(1);
        foreach (var it in told) it.Timestamp.ShouldBeInRange(before, await NowAsync());
    }

    [Fact]
    public async Task Listeners_are_told_of_their_room_alone_until_disposed()
    {
        await JoinAsync("a");
        await ListenAsync();
        var others = new ConcurrentQueue<RoomEvent>();
        await using var second = await Store.ListenAsync("r", others.Enqueue, static () => { }, Cancellation);
        await Store.JoinAsync("s", new("a"), null, Cancellation);
        await PublishAsync("a", "1");
        await EventsUpToAsync(2);
        await Wait.UntilAsync(() => others.Count == 1);
        await _listening!.DisposeAsync();
        await PublishAsync("a", "2");
        await Wait.UntilAsync(() => others.Count == 2);
        _events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_listener_that_reads_afterwards_misses_nothing()
    {
        await JoinAsync("a");
        var writing = Task.Run(async () =>
        {
            for (var at = 0; at < 500; at++) await PublishAsync("a", $"{at}");
        }, Cancellation);
        await ListenAsync();
        var replica = await Store.ReadAsync("r", Cancellation);
        await writing;
        if (replica.Revision < 501) await EventsUpToAsync(501);
        foreach (var it in _events) replica = replica.Apply(it.Change);
        replica.ShouldBe(await Store.ReadAsync("r", Cancellation));
    }

    [Fact]
    public async Task Many_writers_at_once_make_one_history()
    {
        await ListenAsync();
        var changes = new ConcurrentQueue<RoomChange>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var at = 0; at < 250; at++)
            {
                var id = $"c{random.Next(8)}";
                changes.Enqueue(await (random.Next(5) switch
                {
                    0 => Store.JoinAsync("r", new(id), random.Next(2) == 0 ? null : new StateChange.Publish(Raw($"{at}")), Cancellation),
                    1 => Store.LeaveAsync("r", id, Cancellation),
                    2 => Store.SetMemberMetadataAsync("r", id, Raw($"{random.Next(2)}"), Cancellation),
                    _ => Store.SetStateAsync("r", id, new StateChange.Publish(Raw($"{at}")), Cancellation),
                }));
            }
        }, Cancellation)));
        var last = await Store.ReadAsync("r", Cancellation);
        await EventsUpToAsync(last.At);

        var told = _events.Select(it => new Stamp(it.Change.Epoch, it.Change.To)).ToList();
        told.ShouldBeInOrder();
        told.ShouldBe(changes.Where(it => it.Outcome == ChangeOutcome.Changed).Select(it => it.At).Order());
        last.Count.ShouldBeLessThanOrEqualTo(MostMembers);
        Roster? replica = null;
        foreach (var change in _events.Select(it => it.Change))
        {
            if (replica is null || replica.Epoch != change.Epoch) replica = Roster.Empty(change.Epoch);
            replica.Judge(change).ShouldBe(DiffOutcome.Applied);
            replica = replica.Apply(change);
        }
        replica.ShouldBe(last);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_sequence_is_as_the_model_says(int run)
    {
        var seed = HashCode.Combine(Environment.TickCount64, run);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = new RoomModel(MostMembers);
        await ListenAsync();
        for (var step = 0; step < 600; step++)
        {
            var id = $"c{random.Next(7)}";
            var state = Any(random, model, id);
            var told = $"seed {seed}, step {step}";
            switch (random.Next(8))
            {
                case 0 or 1:
                    var joining = new NewMember(id, random.Next(2) == 0 ? "u" : null, null, random.Next(2) == 0 ? Raw("0") : default);
                    var initial = random.Next(2) == 0 ? null : state;
                    model.Join(await Store.JoinAsync("r", joining, initial, Cancellation), joining, initial, told);
                    break;
                case 2:
                    model.Leave(await Store.LeaveAsync("r", id, Cancellation), id, told);
                    break;
                case 3:
                    var metadata = random.Next(3) == 0 ? default : Raw($"{random.Next(2)}");
                    model.SetMetadata(await Store.SetMemberMetadataAsync("r", id, metadata, Cancellation), id, metadata, told);
                    break;
                default:
                    model.SetState(await Store.SetStateAsync("r", id, state, Cancellation), id, state, told);
                    break;
            }
            var roster = await Store.ReadAsync("r", Cancellation);
            roster.Members.ShouldBe(model.Members, told);
            if (roster.Count > 0) roster.At.ShouldBe(model.At, told);
        }
        await EventsUpToAsync(model.At);
        _events.Select(it => new Stamp(it.Change.Epoch, it.Change.To)).ShouldBe(model.Changes, $"seed {seed}");
    }

    internal static StateChange Any(Random random, RoomModel model, string id)
    {
        var past = model.Changes.Count == 0 ? new(1, 1) : model.Changes[random.Next(model.Changes.Count)];
        return random.Next(8) switch
        {
            0 => new StateChange.Publish(RawJson.Null),
            1 => new StateChange.Restore(Raw("\"r\""), past),
            2 => new StateChange.Restore(RawJson.Null, past),
            3 => new StateChange.Restore(Raw("\"f\""), model.At with { Revision = model.At.Revision + 1 + random.Next(3) }),
            4 => new StateChange.Restore(Raw("\"x\""), past, 1),
            5 => new StateChange.Expire(random.Next(2) == 0 ? past : model.Find(id)?.Stamp ?? past),
            6 => new StateChange.Publish(Raw("{}"), Silent: true),
            _ => new StateChange.Publish(Raw($"{random.Next(3)}")),
        };
    }

    private static RawJson Raw(string json) => json == "null" ? RawJson.Null : RawJson.FromText(json);

    private ValueTask<RoomChange> JoinAsync(string id) => Store.JoinAsync("r", new(id), null, Cancellation);

    private ValueTask<RoomChange> PublishAsync(string id, string state, TimeSpan? expireAfter = null) =>
        Store.SetStateAsync("r", id, new StateChange.Publish(Raw(state), expireAfter), Cancellation);

    private async Task ListenAsync() => _listening = await Store.ListenAsync("r", _events.Enqueue, static () => { }, Cancellation);

    private Task EventsUpToAsync(long revision) => Wait.UntilAsync(() => _events.LastOrDefault()?.Change.To >= revision);

    private Task EventsUpToAsync(Stamp at) => Wait.UntilAsync(() => _events.LastOrDefault() is { } last && new Stamp(last.Change.Epoch, last.Change.To) >= at);
}
