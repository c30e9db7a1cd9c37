using System.Globalization;

namespace Mesh.Faults;

/// <summary>Faults one after the other, each in the middle of what users do, and after each the time until all is right.</summary>
internal sealed class Run(FaultsOptions options, Cluster cluster, Crowd crowd, Bustle bustle)
{
    private const string Late = "all was right a moment later";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongStep = TimeSpan.FromMilliseconds(100);

    // So long all is to stay right: what a fault does may show late.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    // For what has not come right within its bound, to tell late from never.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Random _random = new(options.Seed);
    private readonly Truth _truth = new(crowd, cluster);
    private readonly List<Outcome> _outcomes = [];
    private readonly FaultKind[] _kinds = [.. FaultKinds.All(options.PingInterval)];

    public IReadOnlyList<Outcome> Outcomes => _outcomes;

    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task AllAsync(CancellationToken stop)
    {
        var kinds = _kinds.Where(kind => kind.Key != FaultKinds.Calm && (options.Kinds.Count == 0 || options.Kinds.Contains(kind.Key, StringComparer.Ordinal))).ToArray();
        if (kinds.Length == 0) kinds = [_kinds[0]];
        for (var round = 1; round <= (options.Rounds ?? int.MaxValue); round++)
        {
            _random.Shuffle(kinds);
            foreach (var kind in kinds)
            {
                if (options.Rounds is null && Clock.Now > options.Minutes) return;
                // Where something is never right, nothing that follows would tell anything.
                if (!await IsRightAfterAsync(_kinds[0], stop) || !await IsRightAfterAsync(kind, stop)) return;
            }
        }
        await IsRightAfterAsync(_kinds[0], stop);
    }

    private async Task<bool> IsRightAfterAsync(FaultKind kind, CancellationToken stop)
    {
        var fault = new Fault(kind, cluster, _random);
        stop.ThrowIfCancellationRequested();
        bustle.Start();
        await Task.Delay(fault.Between(0.3, 1.2), stop);
        if (kind.Key != FaultKinds.Calm) crowd.Fault = fault;
        fault.Begin("");
        var failure = await FailureOfAsync(() => kind.InjectAsync(fault));
        await bustle.PauseAsync();
        if (kind.Key == FaultKinds.Calm) fault.Heal();
        crowd.Happened(fault);
        var outcome = failure is null ? await RightAsync(fault, stop) : new(kind, null, [failure]);
        _outcomes.Add(outcome);
        Tell(fault, outcome);
        crowd.Fault = null;
        if (failure is null) await fault.RepairAsync();
        return outcome.Right is not null;
    }

    // A process that does not end, or does not come up again.
    private static async Task<string?> FailureOfAsync(Func<Task> inject)
    {
        try
        {
            await inject();
            return null;
        }
        catch (Exception failure) when (failure is TimeoutException or InvalidOperationException)
        {
            return failure.Message;
        }
    }

    private async Task<Outcome> RightAsync(Fault fault, CancellationToken stop)
    {
        var bound = Stopwatch.GetElapsedTime(fault.HealedAt, fault.BegunAt) + fault.Kind.Bound.Begun;
        if (bound < fault.Kind.Bound.Healed) bound = fault.Kind.Bound.Healed;
        bound += options.Slack;
        var settled = fault.Kind.Key == FaultKinds.Calm ? TimeSpan.Zero : Settled;
        IReadOnlyList<string> differences = [];
        TimeSpan? right = null;
        while (true)
        {
            var asked = Stopwatch.GetElapsedTime(fault.HealedAt);
            var isRight = !_truth.Differences().Any() && await _truth.NewcomersDifferencesAsync() is [];
            if (!isRight) right = null;
            else right ??= Stopwatch.GetElapsedTime(fault.HealedAt);
            if (differences.Count == 0 && (right ?? asked) > bound) differences = isRight ? [Late] : await DifferencesAsync();
            if (asked - right >= settled) return new(fault.Kind, right, differences);
            if (right is null && asked > bound + Patience) return new(fault.Kind, null, await DifferencesAsync());
            await Task.Delay(isRight ? LongStep : Step, stop);
        }
    }

    private async Task<IReadOnlyList<string>> DifferencesAsync()
    {
        List<Difference> all = [.. await _truth.NewcomersDifferencesAsync(), .. _truth.Differences()];
        return all is [] ? [Late] : Difference.Describe(all);
    }

    private static void Tell(Fault fault, Outcome outcome)
    {
        var right = outcome.Right is { } time ? Seconds(time) : "never";
        Console.WriteLine($"{Seconds(Clock.Now),8}  {fault.Kind.Key,-18}  right after {right,7}  {fault.Details}{(outcome.IsBreached ? "  BREACH" : "")}");
        if (fault.Kind.Key != FaultKinds.Calm || outcome.IsBreached) Console.WriteLine($"          {Seconds(Clock.At(fault.BegunAt))} to {Seconds(Clock.At(fault.HealedAt))}");
        foreach (var difference in outcome.Differences) Console.WriteLine($"          - {difference}");
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s";
}
