namespace Mesh.Faults;

/// <summary>What users do, with what it makes of the truth about them.</summary>
internal static class Acts
{
    /// <summary>All tabs join, and the user publishes.</summary>
    public static async Task GatherAsync(User user)
    {
        user.TryBegin("to gather");
        foreach (var tab in user.Tabs)
        {
            await tab.JoinAsync();
            user.Joined.Add(tab);
            if (!user.HasState) await PublishAsync(user, tab);
        }
        user.End(joined: user.Tabs.Count);
    }

    /// <summary>Does one thing, if nothing else is going on.</summary>
    public static async Task ActAsync(Crowd crowd, User user, Random random)
    {
        if (!user.TryBegin("something")) return;
        var joined = 0;
        try
        {
            var tab = user.Tabs[random.Next(user.Tabs.Count)];
            if (!user.Joined.Contains(tab))
            {
                user.Say($"the join of {tab.Name}");
                await tab.JoinAsync();
                user.Joined.Add(tab);
                joined = 1;
                return;
            }
            switch (random.NextDouble())
            {
                case < 0.55:
                    user.Say($"a publish of {tab.Name}");
                    await PublishAsync(user, tab);
                    break;
                case < 0.65:
                    user.Say($"two publishes of {tab.Name}");
                    await Task.WhenAll(PublishAsync(user, tab), PublishAsync(user, tab));
                    break;
                case < 0.82:
                    var closes = random.Next(2) == 0;
                    user.Say($"the {(closes ? "close" : "leave")} of {tab.Name}");
                    user.Joined.Remove(tab);
                    joined = -1;
                    if (!await tab.LeaveAsync(closes) || crowd.Fault is { Kind.DropsClients: true }) crowd.Unheard(user);
                    break;
                default:
                    user.Say($"the reload of {tab.Name}");
                    if (!await tab.ReloadAsync() || crowd.Fault is not null) crowd.Unheard(user);
                    break;
            }
        }
        finally
        {
            user.End(joined);
        }
    }

    private static async Task PublishAsync(User user, ITab tab)
    {
        var state = user.NewState();
        await tab.PublishAsync(state);
        user.Acknowledge(state);
    }
}
