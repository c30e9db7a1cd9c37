namespace Mesh.Bounds;

/// <summary>What is to be seen at once: publish, join, leave in good order, and a plain client's drop.</summary>
internal static class AtOnceRows
{
    private static readonly TimeSpan Patience = Promised.Patience(Promised.AtOnce);

    public static async Task<IReadOnlyList<Measured>> PublishAsync(Stage stage)
    {
        List<Measured> measured = [];
        foreach (var size in stage.Sizes)
        {
            var audience = await stage.AudienceAsync(size);
            await using var member = await Viewer.ConnectAsync(stage.Port, stage.NewName("publisher"));
            member.Enter(audience.Room);
            await member.PublishAsync("first");
            var (samples, cost) = await stage.InTurnAsync(async () =>
            {
                var mark = stage.NewName("mark");
                using var seen = audience.AwaitPublish(member.UserId, mark);
                return await TimeAsync(seen, () => member.PublishAsync(mark));
            });
            measured.Add(Measured.Time("publish", Promised.AtOnce, size, samples) with { Cost = cost });
        }
        return measured;
    }

    public static async Task<IReadOnlyList<Measured>> JoinAndLeaveAsync(Stage stage)
    {
        List<Measured> measured = [];
        foreach (var size in stage.Sizes)
        {
            var audience = await stage.AudienceAsync(size);
            var (leaving, leavingCost) = await stage.InTurnAsync(() => PassThroughAsync(stage, audience, viewer => viewer.LeaveAsync()));
            var (closing, _) = await stage.InTurnAsync(() => PassThroughAsync(stage, audience, viewer => viewer.CloseAsync()));
            measured.Add(Measured.Time("join", Promised.AtOnce, size, [.. leaving.Concat(closing).Select(times => times.Joined)]) with { Cost = leavingCost });
            measured.Add(Measured.Time("leave: the room is left", Promised.AtOnce, size, [.. leaving.Select(times => times.Left)]));
            measured.Add(Measured.Time("leave: the connection is closed (1000)", Promised.AtOnce, size, [.. closing.Select(times => times.Left)]));
        }
        return measured;
    }

    public static async Task<IReadOnlyList<Measured>> PlainDropAsync(Stage stage)
    {
        List<Measured> measured = [];
        foreach (var size in stage.Sizes)
        {
            var audience = await stage.AudienceAsync(size);
            var (samples, _) = await stage.InTurnAsync(async () =>
            {
                await using var network = new TcpProxy(stage.Port);
                await using var member = await BareConnection.ConnectAsync(network.Port);
                var user = stage.NewName("plain");
                using (var joined = audience.AwaitJoin(member.ConnectionId, user))
                {
                    await member.JoinPlainAsync(audience.Room, new(user, ""));
                    await joined.SeenByAllAsync(0, Patience);
                }
                await Stage.PauseAsync();
                using var left = audience.AwaitLeave(member.ConnectionId, user);
                return await TimeAsync(left, () =>
                {
                    network.Drop();
                    return Task.CompletedTask;
                });
            });
            measured.Add(Measured.Time("a plain client drops", Promised.AtOnce, size, samples));
        }
        return measured;
    }

    private static async Task<(double Joined, double Left)> PassThroughAsync(Stage stage, Audience audience, Func<Viewer, Task> leave)
    {
        await using var member = await Viewer.ConnectAsync(stage.Port, stage.NewName("guest"));
        using var joined = audience.AwaitJoin(member.ConnectionId, member.UserId);
        var joinTime = await TimeAsync(joined, () =>
        {
            member.Enter(audience.Room);
            return member.PublishAsync("");
        });
        await Stage.PauseAsync();
        using var left = audience.AwaitLeave(member.ConnectionId, member.UserId);
        return (joinTime, await TimeAsync(left, () => leave(member)));
    }

    private static async Task<double> TimeAsync(Sighting seen, Func<Task> act)
    {
        var started = Stopwatch.GetTimestamp();
        var acting = act();
        var time = await seen.SeenByAllAsync(started, Patience);
        await acting;
        return time;
    }
}
