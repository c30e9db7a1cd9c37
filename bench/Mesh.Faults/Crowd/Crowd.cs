using Mesh.Client;

namespace Mesh.Faults;

/// <summary>All users: in rooms of different sizes, some with several tabs, most by Mesh.Client.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const int ClientsARoom = 25;
    private const int AtOnce = 16;

    // One in so many clients is a plain one.
    private const int PlainOnes = 10;

    private readonly Pages _pages;

    private Crowd(Pages pages, IReadOnlyList<User> users) => (_pages, Users) = (pages, users);

    public IReadOnlyList<User> Users { get; }

    /// <summary>The fault that is on, or whose effects are.</summary>
    public Fault? Fault { get; set; }

    public int Clients => Users.Sum(user => user.Tabs.Count);

    public IEnumerable<IGrouping<string, User>> Rooms => Users.GroupBy(user => user.Room, StringComparer.Ordinal);

    /// <summary>Makes them, and lets them all join and publish.</summary>
    public static async Task<Crowd> GatherAsync(string url, FaultsOptions options, Random random)
    {
        var users = new List<User>();
        var crowd = new Crowd(new(), users);
        for (int left = options.Clients, pages = options.Pages; left > 0;)
        {
            var user = new User($"u{users.Count + 1}", NextRoom(options.Clients, random));
            users.Add(user);
            if (pages-- > 0) user.Tabs.Add(PageTab.Open($"{user.Id} (page)", user.Room, url, crowd._pages));
            else if (random.Next(PlainOnes) == 0) user.Tabs.Add(new PlainTab($"{user.Id} (plain)", user.Room, url, () => crowd.Unheard(user)));
            else AddClients(user, Math.Min(left, random.NextDouble() switch { < 0.7 => 1, < 0.9 => 2, _ => 3 }), url);
            left -= user.Tabs.Count;
        }
        await Parallel.ForEachAsync(users, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (user, _) => await Acts.GatherAsync(user));
        return crowd;
    }

    /// <summary>A tab of this user has gone, and nobody may have heard it say so.</summary>
    public void Unheard(User user)
    {
        if (Fault is { } fault) user.Linger(After(Stopwatch.GetTimestamp(), fault.Kind.Bound.Unheard));
    }

    /// <summary>What a fault has done to those who were unheard before it.</summary>
    public void Happened(Fault fault)
    {
        foreach (var user in Users)
        {
            if (fault.Kind.KillsNode) user.LingerOfDead(fault.BegunAt, After(fault.BegunAt, FaultKinds.OfDead));
            if (fault.Kind.LosesRedis) user.LingerWithoutRedis(fault.BegunAt, After(fault.HealedAt, FaultKinds.OfDeadWithoutRedis));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Parallel.ForEachAsync(Users.SelectMany(user => user.Tabs), (tab, _) => tab.DisposeAsync());
        await _pages.DisposeAsync();
    }

    private static long After(long moment, TimeSpan time) => moment + (long)(time.TotalSeconds * Stopwatch.Frequency);

    // The tabs of a user share their storage, as those of a browser do.
    private static void AddClients(User user, int count, string url)
    {
        var storage = new MemoryPresenceStorage();
        for (var number = 1; number <= count; number++) user.Tabs.Add(new ClientTab($"{user.Id}/{number}", user.Room, url, $"the key of {user.Id}, and only theirs", storage));
    }

    // Of two rooms, the second is twice as big.
    private static string NextRoom(int clients, Random random)
    {
        var rooms = Math.Max(3, clients / ClientsARoom);
        return $"room {1 + (int)(rooms * Math.Sqrt(random.NextDouble()))}";
    }
}
