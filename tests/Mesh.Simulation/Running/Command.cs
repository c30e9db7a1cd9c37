using System.Diagnostics;
using System.Globalization;

namespace Mesh.Simulation;

/// <summary>Runs seeds by command: <c>--seeds 100000</c>, or one with all that happens in it: <c>--seed 4711</c>.</summary>
internal static class Command
{
    private const int MostShown = 20;

    public static bool IsMeant(string[] arguments) => arguments.Length > 0 && arguments[0] is "--seeds" or "--seed" or "--first";

    public static int Run(string[] arguments)
    {
        var options = arguments.Chunk(2).ToDictionary(it => it[0], it => it.ElementAtOrDefault(1) ?? "", StringComparer.Ordinal);
        var planted = options.TryGetValue("--planted", out var name) ? Enum.Parse<Planted>(name, ignoreCase: true) : Planted.Nothing;
        var hazards = options.TryGetValue("--with", out var with) ? Enum.Parse<Hazards>(with, ignoreCase: true) : Hazards.None;
        if (options.TryGetValue("--seed", out var one)) return RunOne(Number(one), planted, hazards);
        return RunMany(options.TryGetValue("--first", out var first) ? Number(first) : 1, Number(options["--seeds"]), planted, hazards);
    }

    private static int RunOne(int seed, Planted planted, Hazards hazards)
    {
        var outcome = Worker.Run(seed, 1, planted, hazards, isTold: true).Single();
        Console.WriteLine(outcome.IsRight ? $"Seed {seed} is right, after {outcome.RightAfterMs} ms." : $"Seed {seed}: {outcome.Violation}");
        return outcome.IsRight ? 0 : 1;
    }

    private static int RunMany(int first, int count, Planted planted, Hazards hazards)
    {
        var began = Stopwatch.GetTimestamp();
        List<Outcome> wrong = [];
        List<int> rightAfter = [];
        foreach (var outcome in Worker.Run(first, count, planted, hazards))
        {
            if (outcome.IsRight)
            {
                rightAfter.Add(outcome.RightAfterMs);
                continue;
            }
            wrong.Add(outcome);
            if (wrong.Count <= MostShown) Console.WriteLine($"Seed {outcome.Seed}: {outcome.Violation}");
        }
        rightAfter.Sort();
        var elapsed = Stopwatch.GetElapsedTime(began);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} seeds in {elapsed.TotalSeconds:f1} s, {count / elapsed.TotalSeconds:f0} a second: {wrong.Count} wrong."));
        if (rightAfter.Count > 0)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Right after the last fault: half within {rightAfter[rightAfter.Count / 2] / 1000.0} s, 99 % within {rightAfter[rightAfter.Count * 99 / 100] / 1000.0} s, all within {rightAfter[^1] / 1000.0} s."));
        }
        return wrong.Count == 0 ? 0 : 1;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
