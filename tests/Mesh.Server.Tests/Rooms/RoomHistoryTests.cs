namespace Mesh.Server.Tests.Rooms;

public sealed class RoomHistoryTests
{
    [Fact]
    public void Nothing_leads_from_one_epoch_to_the_next()
    {
        var history = new RoomHistory(8);
        history.Add(new() { Epoch = 1, From = 1, To = 2, Left = [1] });
        history.Add(new() { Epoch = 2, FromEpoch = 1, From = 2, To = 5, Left = [2] });
        history.Since(new(1, 1), new(2, 5)).ShouldBeNull();
        history.Since(new(2, 3), new(2, 5)).ShouldBeNull();
        history.Add(new() { Epoch = 2, From = 5, To = 6, Left = [3] });
        history.Since(new(2, 3), new(2, 6)).ShouldBeNull();
        history.Since(new(2, 5), new(2, 6)).ShouldBe(new RosterDiff { Epoch = 2, From = 5, To = 6, Left = [3] });
        history.Since(new(2, 6), new(2, 6)).ShouldBe(new RosterDiff { Epoch = 2, From = 6, To = 6 });
        history.Since(new(2, 7), new(2, 6)).ShouldBeNull();
    }

    [Fact]
    public void What_was_compared_leads_on_from_where_it_begins_and_not_from_within()
    {
        var history = new RoomHistory(8);
        history.Add(new() { Epoch = 1, From = 1, To = 2, Left = [1] });
        // Whoever came and went between 2 and 6 is not named.
        history.Add(new() { Epoch = 1, From = 2, To = 6, Left = [2] });
        history.Add(new() { Epoch = 1, From = 6, To = 7, Left = [3] });
        history.Since(new(1, 1), new(1, 7)).ShouldBe(new RosterDiff { Epoch = 1, From = 1, To = 7, Left = [1, 2, 3] });
        history.Since(new(1, 2), new(1, 7)).ShouldBe(new RosterDiff { Epoch = 1, From = 2, To = 7, Left = [2, 3] });
        history.Since(new(1, 4), new(1, 7)).ShouldBeNull();
        history.Since(new(1, 6), new(1, 7)).ShouldBe(new RosterDiff { Epoch = 1, From = 6, To = 7, Left = [3] });
    }

    [Fact]
    public void What_large_states_weigh_is_bounded_too()
    {
        var history = new RoomHistory(1024);
        var state = new RawJson(new byte[16 * 1024]);
        for (var revision = 0; revision < 100; revision++)
            history.Add(new() { Epoch = 1, From = revision, To = revision + 1, Updated = [new() { Number = 1, State = state, Stamp = new(1, revision + 1) }] });
        history.Since(new(1, 20), new(1, 100)).ShouldBeNull();
        history.Since(new(1, 50), new(1, 100)).ShouldNotBeNull();
    }
}
