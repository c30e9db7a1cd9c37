using System.Collections.Concurrent;

namespace Mesh.Faults;

/// <summary>Lets users do things, at a modest rate. What they began before a pause goes on in it.</summary>
internal sealed class Bustle(Crowd crowd, int seed) : IAsyncDisposable
{
    // A client does something this often.
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(10);

    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private int _acts;

    public int Acts => _acts;

    /// <summary>What was refused, and how often.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    public void Start()
    {
        _stop = new();
        _running = RunAsync(_stop.Token);
    }

    public async Task PauseAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_running.IsCompleted) await PauseAsync();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Each / crowd.Clients);
        try
        {
            while (await timer.WaitForNextTickAsync(stop)) _ = ActAsync(crowd.Users[_random.Next(crowd.Users.Count)], new(_random.Next()));
        }
        catch (OperationCanceledException)
        {
            // Paused.
        }
    }

    private async Task ActAsync(User user, Random random)
    {
        Interlocked.Increment(ref _acts);
        try
        {
            await Faults.Acts.ActAsync(crowd, user, random);
        }
        catch (Exception failure)
        {
            _failures.AddOrUpdate($"{failure.GetType().Name}: {failure.Message}", 1, (_, count) => count + 1);
        }
    }
}
