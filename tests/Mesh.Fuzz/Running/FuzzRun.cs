using System.Diagnostics;
using System.Globalization;

namespace Mesh.Fuzz;

/// <summary>The loop: an input of the corpus is changed and run, and kept if it reached what none did before.</summary>
internal sealed class FuzzRun(FuzzOptions options, ITarget target, Execution execution, EdgeMap edges)
{
    private static readonly TimeSpan Tell = TimeSpan.FromSeconds(30);

    private readonly Random _random = new(options.Seed);
    private readonly Corpus _corpus = Corpus.Load(options.Corpus);
    private readonly Dictionary<string, Finding> _findings = new(StringComparer.Ordinal);
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _told = Stopwatch.GetTimestamp();
    private int _executions;

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        foreach (var input in _corpus.Take().Concat(target.Seeds)) await RunAsync(input);
        while (_executions < options.Executions && _findings.Count < options.MostFindings)
        {
            await RunAsync(target.Mutator.Mutate(_corpus.Pick(_random), _corpus.Pick(_random), _random));
            if (Stopwatch.GetElapsedTime(_told) < Tell) continue;
            _told = Stopwatch.GetTimestamp();
            Report();
        }
        Report();
        if (options.Saves) await SaveAsync();
        return _findings.Count == 0 ? 0 : 1;
    }

    private async ValueTask RunAsync(byte[] input)
    {
        _executions++;
        if (await execution.RunAsync(input) is { } wrong) Found(new(_executions, input, wrong));
        else if (edges.TakeNews()) _corpus.Add(input);
    }

    private void Found(Finding finding)
    {
        if (!_findings.TryAdd(finding.Key, finding)) return;
        var path = Finding.Save(options.Findings, finding.Input);
        Console.WriteLine($"FOUND by seed {options.Seed}, execution {finding.Execution}, in {path}: {finding.What}");
    }

    private void Report()
    {
        var seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{options.Target}: {_executions} executions in {seconds:f1} s, {_executions / seconds:f0} a second; {edges.Reached} edges, {_corpus.Count} inputs, {_findings.Count} findings; {GC.GetTotalMemory(forceFullCollection: false) >> 20} MB."));
    }

    // The shortest first: most of the longer ones then reach nothing more.
    private async Task SaveAsync()
    {
        edges.Forget();
        List<byte[]> kept = [];
        foreach (var input in _corpus.Take().OrderBy(it => it.Length))
        {
            await execution.RunAsync(input);
            if (edges.TakeNewEdges()) kept.Add(input);
        }
        Corpus.Save(options.Corpus, kept);
        Console.WriteLine($"{kept.Count} inputs in {options.Corpus}.");
    }
}
