using Mesh.Protocol;

namespace Mesh.Bounds;

/// <summary>A user with tabs on all nodes signs out at one of them: all are closed, and none for another reason.</summary>
internal static class RevocationRows
{
    public static async Task<IReadOnlyList<Measured>> SignedOutAsync(SignInStage stage)
    {
        List<double> samples = [];
        for (var run = 0; run < stage.Runs; run++)
        {
            var cookie = await stage.SignInAsync("alice", "wonderland");
            var tabs = await stage.OpenAsync(cookie, SignInStage.Tabs);
            await Stage.PauseAsync();
            var started = Stopwatch.GetTimestamp();
            await stage.SignOutAsync(cookie);
            samples.Add((await Task.WhenAll(tabs.Select(tab => ClosedAsync(tab, started)))).Max());
            await stage.CheckTalkAsync();
            foreach (var tab in tabs) await tab.DisposeAsync();
        }
        return [Measured.Time("a user with tabs on three nodes signs out at one of them: the connections of all are closed (4101)", Promised.Revoked, SignInStage.Tabs, samples)];
    }

    private static async Task<double> ClosedAsync(BareConnection tab, long started)
    {
        try
        {
            var (code, at) = await tab.Closed.WaitAsync(Promised.Patience(Promised.Revoked));
            return code == CloseCodes.AuthenticationEnded ? Stopwatch.GetElapsedTime(started, at).TotalMilliseconds : double.PositiveInfinity;
        }
        catch (TimeoutException)
        {
            return double.PositiveInfinity;
        }
    }
}
