using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mesh.Client.Tests;

/// <summary>Lists of users, made of what has changed: they are what the whole view is, and who has not changed is the same object.</summary>
public sealed class UserListTests
{
    private readonly UserView _view = new();
    private readonly UserList<int> _list = new(new((JsonTypeInfo<int>)JsonSerializerOptions.Web.GetTypeInfo(typeof(int))));
    private Roster _roster = Roster.Empty(1);

    [Fact]
    public void Nothing_new_is_the_same_list()
    {
        var empty = _list.Show(_view.TakeChanges());
        empty.ShouldBeEmpty();
        Take(Member(1, "a", 1), Member(2, "b", 1)).ShouldNotBeSameAs(empty);
        var before = Show();
        before.ShouldBeSameAs(Show());
        Take(Member(1, "a", 1, stamp: 9), Member(2, "b", 1)).ShouldBeSameAs(before);
    }

    [Fact]
    public void A_new_epoch_in_which_all_join_again_is_the_same_list()
    {
        var before = Take([.. Enumerable.Range(1, 300).Select(number => Member(number, $"user {number}", 1))]);
        _roster = Roster.Empty(2);
        Take([.. Enumerable.Range(1, 300).Select(number => Member(number, $"user {number}", 1))]).ShouldBeSameAs(before);
    }

    [Fact]
    public void A_list_that_was_handed_out_never_changes()
    {
        var before = Take([.. Enumerable.Range(1, 300).Select(number => Member(number, $"user {number}", 1))]);
        var copy = before.ToList();
        var after = Take([.. Enumerable.Range(2, 300).Select(number => Member(number, $"user {number}", number % 2))]);
        before.ShouldBe(copy);
        after.Count.ShouldBe(300);
        after.Select((_, at) => after[at]).ShouldBe(after);
        foreach (var outside in new[] { -1, 300 }) Should.Throw<ArgumentOutOfRangeException>(() => after[outside]);
    }

    [Theory]
    [InlineData(4711, 6, 3, 2_000)]
    [InlineData(4712, 500, 40, 400)]
    [InlineData(4713, 1_000, 700, 100)]
    public void Whatever_changes_it_is_the_view(int seed, int members, int most, int rounds)
    {
        var random = new Random(seed);
        var present = new SortedDictionary<int, Member>();
        var joined = 0;
        var before = new Dictionary<UserEntry, PresenceUser<int>>(ReferenceEqualityComparer.Instance);
        for (var round = 0; round < rounds; round++)
        {
            for (var changes = random.Next(1, most + 1); changes > 0; changes--)
            {
                var number = random.Next(joined + 1);
                var user = $"user {random.Next(members)}";
                if (present.Count < members && random.Next(2) == 0) present[++joined] = Member(joined, user, random.Next(3));
                else if (random.Next(2) == 0) present.Remove(present.Keys.FirstOrDefault(it => it >= number));
                else if (present.TryGetValue(number, out var member)) present[number] = Member(number, user, random.Next(3), member.Stamp!.Value.Revision + 1);
            }
            // All go at times, and large rooms become small ones.
            if (random.Next(50) == 0) present.Clear();
            var after = Take([.. present.Values]);
            var entries = _view.Users;
            after.Count.ShouldBe(entries.Length);
            foreach (var (user, entry) in after.Zip(entries))
            {
                (user.Id, user.State, user.TabCount, user.Verified).ShouldBe((entry.Id, int.Parse(entry.State.ToString(), null), entry.TabCount, entry.Verified), $"seed {seed}, round {round}");
                if (before.TryGetValue(entry, out var same)) user.ShouldBeSameAs(same);
            }
            before = entries.Zip(after).ToDictionary(it => it.First, it => it.Second, ReferenceEqualityComparer.Instance as IEqualityComparer<UserEntry>);
        }
    }

    private static Member Member(int number, string user, int state, long stamp = 1) => new()
    {
        ConnectionId = $"c{number}",
        Number = number,
        JoinedAt = new(1, number),
        Metadata = RawJson.FromText($"\"{user}\""),
        State = RawJson.FromText($"{state}"),
        Stamp = new(1, stamp),
    };

    // Who they are is in their metadata.
    private IReadOnlyList<PresenceUser<int>> Take(params Member[] members)
    {
        _roster = Roster.Create(_roster.Epoch, _roster.Revision + 1, members.Select(it => it with { JoinedAt = it.JoinedAt with { Epoch = _roster.Epoch } }));
        foreach (var member in _view.Take(_roster)) _view.Answer(member.ConnectionId, member.Stamp ?? default, member.Metadata.Parse().GetString());
        return Show();
    }

    private IReadOnlyList<PresenceUser<int>> Show() => _list.Show(_view.TakeChanges());
}
