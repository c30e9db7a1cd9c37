using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Mesh.Simulation;

/// <summary>
/// A process whose thread pool has one thread: there, and only there, a run depends on its seed alone. It runs one seed after
/// the other, and writes a line for each.
/// </summary>
internal static class Worker
{
    public const string Argument = "--worker";

    /// <summary>Runs seeds in this process.</summary>
    /// <param name="arguments">The first seed, how many, each which one, what is planted, what else may happen, and whether all is told.</param>
    public static int Work(string[] arguments)
    {
        if (!Driver.HasOneThread) throw new InvalidOperationException("A worker has one thread.");
        var numbers = arguments.Take(3).Select(it => int.Parse(it, CultureInfo.InvariantCulture)).ToArray();
        var planted = Enum.Parse<Planted>(arguments[3]);
        var hazards = Enum.Parse<Hazards>(arguments[4]);
        Action<string>? tell = arguments.Length > 5 ? Console.Error.WriteLine : null;
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        for (var at = 0; at < numbers[1]; at++) output.WriteLine(Outcome.Of(numbers[0] + at * numbers[2], planted, hazards, tell).ToLine());
        return 0;
    }

    /// <summary>Runs seeds in processes of their own, one for each core.</summary>
    public static IEnumerable<Outcome> Run(int first, int count, Planted planted, Hazards hazards = Hazards.None, bool isTold = false)
    {
        var workers = Math.Min(count, Environment.ProcessorCount);
        using var outcomes = new BlockingCollection<Outcome>();
        var processes = Enumerable.Range(0, workers).Select(it => Start(first + it, (count - it + workers - 1) / workers, workers, planted, hazards, isTold)).ToList();
        var reading = Task.WhenAll(processes.Select(it => Task.Run(() => Read(it, outcomes)))).ContinueWith(
            _ => outcomes.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            foreach (var outcome in outcomes.GetConsumingEnumerable()) yield return outcome;
            foreach (var process in processes)
            {
                process.WaitForExit();
                if (process.ExitCode != 0) throw new InvalidOperationException("A worker has failed: see its output.");
            }
        }
        finally
        {
            foreach (var process in processes)
            {
                if (!process.HasExited) process.Kill();
            }
            reading.Wait();
            foreach (var process in processes) process.Dispose();
        }
    }

    private static void Read(Process process, BlockingCollection<Outcome> outcomes)
    {
        while (process.StandardOutput.ReadLine() is { } line) outcomes.Add(Outcome.OfLine(line));
    }

    private static Process Start(int first, int count, int step, Planted planted, Hazards hazards, bool isTold)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        // Run by dotnet itself, and not by its own name.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(Worker).Assembly.Location);
        start.ArgumentList.Add(Argument);
        foreach (var number in (int[])[first, count, step]) start.ArgumentList.Add(number.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(planted.ToString());
        start.ArgumentList.Add(hazards.ToString());
        if (isTold) start.ArgumentList.Add("told");
        start.Environment["DOTNET_ThreadPool_ForceMinWorkerThreads"] = "1";
        start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        return Process.Start(start)!;
    }
}
