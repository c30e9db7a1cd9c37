namespace Mesh.Protocol.Tests.Users;

public class UserViewTests
{
    private readonly UserView _view = new();

    [Fact]
    public void Nothing_is_shown_before_the_first_roster()
    {
        _view.Users.ShouldBeEmpty();
        _view.HasChanged.ShouldBeFalse();
        _view.Roster.ShouldBeNull();
    }

    [Fact]
    public void It_says_whether_it_has_changed_since_it_was_read()
    {
        TakeAndAnswer(Room(3));
        _view.HasChanged.ShouldBeTrue();
        _view.HasChanged.ShouldBeTrue();
        var users = _view.Users;
        _view.HasChanged.ShouldBeFalse();
        (_view.Users == users).ShouldBeTrue();
    }

    [Fact]
    public void A_change_that_shows_in_no_entry_is_none()
    {
        var room = Room(3);
        TakeAndAnswer(room);
        var users = _view.Users;

        var diff = new RosterDiff { Epoch = 1, From = 9, To = 10, Updated = [new() { Number = 2, Metadata = RawJson.FromText("1") }] };
        _view.Take(diff, room.Apply(diff)).ShouldBeEmpty();

        _view.HasChanged.ShouldBeFalse();
        (_view.Users == users).ShouldBeTrue();
    }

    [Fact]
    public void A_change_undone_before_it_was_read_is_none()
    {
        var room = Room(3);
        TakeAndAnswer(room);
        var users = _view.Users;

        TakeAndAnswer(Roster.Create(1, 10, room.Members.Skip(1)));
        TakeAndAnswer(Roster.Create(1, 11, room.Members));

        _view.HasChanged.ShouldBeFalse();
        (_view.Users == users).ShouldBeTrue();
    }

    [Fact]
    public void Entries_that_a_change_does_not_touch_stay_the_same_objects()
    {
        var room = Room(3);
        TakeAndAnswer(room);
        var before = _view.Users;

        var diff = Publish(room, 2, "{\"id\":\"u2\",\"mood\":1}");
        Answer(_view.Take(diff, room.Apply(diff)));

        _view.Users[0].ShouldBeSameAs(before[0]);
        _view.Users[1].ShouldBe(new("u2", RawJson.FromText("{\"id\":\"u2\",\"mood\":1}"), 1));
        _view.Users[2].ShouldBeSameAs(before[2]);
    }

    [Fact]
    public void A_diff_that_does_not_lead_to_the_roster_is_made_up_for()
    {
        var room = Room(3);
        _view.Take(room);
        var first = Publish(room, 1, "{\"id\":\"u9\"}");
        var middle = room.Apply(first);
        var second = Publish(middle, 2, "{\"id\":\"u8\"}");

        var asked = _view.Take(second, middle.Apply(second));

        asked.Select(member => member.Number).ShouldBe([1, 2]);
    }

    [Fact]
    public void A_second_answer_for_the_same_state_is_dropped()
    {
        _view.Take(Room(1));
        _view.Answer("conn-1", new(1, 1), "one");
        _view.Answer("conn-1", new(1, 1), "two");
        _view.Users.Single().Id.ShouldBe("one");
    }

    [Fact]
    public void A_change_costs_the_same_in_a_room_of_ten_and_of_ten_thousand()
    {
        var small = BytesForOneChange(10);
        var big = BytesForOneChange(10_000);
        big.ShouldBeLessThan(4 * small);
    }

    // What is allocated stands for what is looked at. The roster itself is left out: others make it.
    private static long BytesForOneChange(int members)
    {
        var view = new UserView();
        var room = Room(members);
        foreach (var member in view.Take(room)) view.Answer(member.ConnectionId, member.Stamp!.Value, $"u{member.Number}");
        var least = long.MaxValue;
        for (var change = 0; change < 5; change++)
        {
            var diff = Publish(room, 5, $"{{\"mood\":{change}}}");
            room = room.Apply(diff);
            var before = GC.GetAllocatedBytesForCurrentThread();
            view.Take(diff, room);
            view.Answer("conn-5", room.At, $"u{change}");
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }

    private void TakeAndAnswer(Roster roster) => Answer(_view.Take(roster));

    private void Answer(IEnumerable<Member> asked)
    {
        foreach (var member in asked) _view.Answer(member.ConnectionId, member.Stamp!.Value, $"u{member.Number}");
    }

    private static RosterDiff Publish(Roster room, int number, string state) => new()
    {
        Epoch = room.Epoch,
        From = room.Revision,
        To = room.Revision + 1,
        Updated = [new() { Number = number, State = RawJson.FromText(state), Stamp = new(room.Epoch, room.Revision + 1) }],
    };

    private static Roster Room(int members) => Roster.Create(1, Math.Max(9, members), Enumerable.Range(1, members).Select(number => new Member
    {
        ConnectionId = $"conn-{number}",
        Number = number,
        State = RawJson.FromText($"{{\"id\":\"u{number}\"}}"),
        Stamp = new(1, number),
        JoinedAt = new(1, number),
    }));
}
