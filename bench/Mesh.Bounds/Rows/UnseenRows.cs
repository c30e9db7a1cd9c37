namespace Mesh.Bounds;

/// <summary>Who ends and is back in time was never away.</summary>
internal static class UnseenRows
{
    // What part of a grace is used at most: the rest is for the way back.
    private const double InTime = 0.9;

    // Until the grace of what has come back is over too, and all that it would make has come.
    private static readonly TimeSpan Aftermath = Promised.NotBack;

    // A client's second attempt comes within it, so that it is back within the grace.
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<Measured>> ReloadAsync(Stage stage) =>
        [await ComeBackAsync(stage, "a tab is reloaded: 1001, resumed within 1.8 s", Promised.ReloadGrace, guest => guest.ClosePageAsync())];

    public static async Task<IReadOnlyList<Measured>> ResumedAsync(Stage stage) =>
    [
        await ComeBackAsync(stage, "a session drops, and is resumed within 4.5 s", Promised.Grace, guest => guest.DropAsync()),
        await ByThemselvesAsync(stage),
    ];

    private static async Task<Measured> ComeBackAsync(Stage stage, string what, TimeSpan grace, Func<Guest, Task> end)
    {
        var audience = await stage.BigAudienceAsync();
        var guests = await Task.WhenAll(Enumerable.Range(0, stage.SlowRuns).Select(_ => Guest.EnterAsync(stage.Port, stage.NewName("guest"), audience)));
        var shown = await ShownAsync(audience, guests.Select(async guest =>
        {
            await end(guest);
            await Task.Delay(grace * InTime * Random.Shared.NextDouble());
            await guest.ResumeAsync(stage.ResumePort);
        }));
        foreach (var guest in guests)
        {
            await guest.LeaveAsync();
            await guest.DisposeAsync();
        }
        return Measured.Nothing(what + stage.WhereResumed, audience.Size, guests.Length, shown);
    }

    private static async Task<Measured> ByThemselvesAsync(Stage stage)
    {
        var audience = await stage.BigAudienceAsync();
        var port = stage.Port;
        await using var network = new TcpProxy(() => port);
        var members = await Task.WhenAll(Enumerable.Range(0, stage.SlowRuns).Select(_ => audience.WelcomeAsync(network.Port, stage.NewName("member"))));
        port = stage.ResumePort;
        var shown = await ShownAsync(audience, [DropAllAsync(members, network)]);
        foreach (var member in members)
        {
            using var left = audience.AwaitLeave(member.ConnectionId, member.UserId);
            await member.CloseAsync();
            await left.SeenByAllAsync(0, Patience.Limit);
            await member.DisposeAsync();
        }
        return Measured.Nothing($"clients of Mesh.Client drop, and are back by themselves{stage.WhereResumed}", audience.Size, members.Length, shown);
    }

    private static async Task DropAllAsync(Viewer[] members, TcpProxy network)
    {
        var before = members.Select(member => member.ConnectionId).ToList();
        network.Refuse();
        network.Drop();
        await Task.Delay(LongestOutage * Random.Shared.NextDouble());
        network.Forward();
        await Wait.UntilAsync(() => members.All(member => member.Connections == 2));
        if (!members.Select(member => member.ConnectionId).SequenceEqual(before, StringComparer.Ordinal))
            throw new InvalidOperationException("They are back, but not as the same connections.");
    }

    /// <returns>All that the audience was shown while this was going on, and after it.</returns>
    private static async Task<int> ShownAsync(Audience audience, IEnumerable<Task> events)
    {
        var before = audience.Shown;
        await Task.WhenAll(events);
        await Task.Delay(Aftermath);
        return audience.Shown - before;
    }
}
