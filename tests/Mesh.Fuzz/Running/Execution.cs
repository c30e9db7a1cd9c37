using System.Diagnostics;

namespace Mesh.Fuzz;

/// <summary>Runs one input after the other. One that takes far too long ends the process, as a crash does.</summary>
internal sealed class Execution : IDisposable
{
    private const int Hung = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly ITarget _target;
    private readonly EdgeMap _edges;
    private readonly CurrentInput? _current;
    private readonly ManualResetEventSlim _over = new();
    private long _began;

    public Execution(ITarget target, EdgeMap edges, CurrentInput? current)
    {
        (_target, _edges, _current) = (target, edges, current);
        new Thread(Watch) { IsBackground = true }.Start();
    }

    /// <summary>Runs an input; the edges it reached are in the map then.</summary>
    /// <returns>What was wrong; null if nothing was.</returns>
    public async ValueTask<string?> RunAsync(byte[] input)
    {
        _current?.Set(input);
        Interlocked.Exchange(ref _began, Stopwatch.GetTimestamp());
        _edges.Clear();
        try
        {
            return await _target.RunAsync(input);
        }
        catch (Exception thrown)
        {
            return thrown.ToString();
        }
        finally
        {
            Interlocked.Exchange(ref _began, 0);
        }
    }

    public void Dispose() => _over.Set();

    private void Watch()
    {
        while (!_over.Wait(Look))
        {
            if (Interlocked.Read(ref _began) is var began and not 0 && Stopwatch.GetElapsedTime(began) > Longest) Environment.Exit(Hung);
        }
    }
}
