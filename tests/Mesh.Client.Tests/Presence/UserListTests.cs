using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mesh.Client.Tests;

/// <summary>Lists of users, in which who has not changed is the same object, wherever it stands.</summary>
public sealed class UserListTests
{
    private readonly UserList<int> _list = new(new((JsonTypeInfo<int>)JsonSerializerOptions.Web.GetTypeInfo(typeof(int))));

    [Fact]
    public void The_same_entries_are_the_same_list()
    {
        ImmutableArray<UserEntry> entries = [Entry("a", 1)];
        _list.Show(entries).ShouldBeSameAs(_list.Show(entries));
        _list.Show([entries[0]]).ShouldNotBeSameAs(_list.Show(entries));
    }

    [Fact]
    public void Whatever_changes_who_has_not_is_the_same_object()
    {
        var random = new Random(4711);
        var entries = ImmutableArray<UserEntry>.Empty;
        var before = _list.Show(entries);
        for (var round = 0; round < 2_000; round++)
        {
            var next = Change(entries, random);
            var after = _list.Show(next);
            after.Select(it => (it.Id, it.State, it.TabCount, it.Verified)).ShouldBe(next.Select(it => (it.Id, int.Parse(it.State.ToString(), null), it.TabCount, it.Verified)));
            for (var at = 0; at < next.Length; at++)
            {
                var was = entries.ToList().FindIndex(it => ReferenceEquals(it, next[at]));
                if (was >= 0) after[at].ShouldBeSameAs(before[was], $"round {round}");
            }
            (entries, before) = (next, after);
        }
    }

    private static UserEntry Entry(string id, int state, bool verified = false) => new(id, RawJson.FromText($"{state}"), 1, verified);

    private static ImmutableArray<UserEntry> Change(ImmutableArray<UserEntry> entries, Random random)
    {
        var next = entries.ToBuilder();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(next.Count + 1);
            var id = $"user {random.Next(12)}";
            switch (random.Next(4))
            {
                case 0 when next.Count > 0:
                    next.RemoveAt(random.Next(next.Count));
                    break;
                case 1 when next.Count > 0:
                    at = random.Next(next.Count);
                    next[at] = next[at] with { State = RawJson.FromText($"{random.Next()}") };
                    break;
                case 2 when next.Count > 1:
                    var moved = next[0];
                    next.RemoveAt(0);
                    next.Add(moved);
                    break;
                case 3 when !next.Any(it => it.Id == id):
                    next.Insert(at, Entry(id, random.Next(), random.Next(2) == 0));
                    break;
            }
        }
        return next.ToImmutable();
    }
}
