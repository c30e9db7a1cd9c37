using System.Globalization;

namespace Mesh.Fuzz;

/// <summary>What a run is asked to do.</summary>
internal sealed record FuzzOptions
{
    public const string Help = """
        Fuzzes what strangers may send. See docs/fuzzing.md.

          --target frame|connection   what is fuzzed
          --executions N              how often; default 100000
          --seed N                    of all chance; default 1
          --corpus FOLDER             where inputs are taken from; default tests/Mesh.Fuzz/corpus/TARGET
          --findings FOLDER           where inputs that find something are put; default tests/Mesh.Fuzz/findings/TARGET
          --save                      puts what reached something new into the corpus, as few and as short inputs as do
          --replay FILE|FOLDER        runs these inputs alone, once, without instrumentation
          --most N                    findings after which it ends; default 20
          --planted                   with a fault put in, that is to be found

        Exit code: 0 if nothing was found, 1 if something was, 2 if the options are wrong.
        """;

    public required string Target { get; init; }

    public int Executions { get; init; } = 100_000;

    public int Seed { get; init; } = 1;

    public int MostFindings { get; init; } = 20;

    public required string Corpus { get; init; }

    public required string Findings { get; init; }

    public string? Replay { get; init; }

    public bool Saves { get; init; }

    public bool IsPlanted { get; init; }

    /// <summary>The file that always holds the input being run, for when the process does not survive it.</summary>
    public string? Current { get; init; }

    /// <exception cref="FormatException">An option is unknown, or its value is none.</exception>
    public static FuzzOptions Parse(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < arguments.Count; at++)
        {
            var name = arguments[at];
            if (name is "--save" or "--planted") values[name] = "";
            else if (name is not ("--target" or "--executions" or "--seed" or "--most" or "--corpus" or "--findings" or "--replay" or "--current"))
                throw new FormatException($"There is no option {name}.");
            else if (++at == arguments.Count) throw new FormatException($"{name} needs a value.");
            else values[name] = arguments[at];
        }
        if (values.GetValueOrDefault("--target") is not (FrameTarget.Name or ConnectionTarget.Name) || values["--target"] is not { } target)
            throw new FormatException("--target is frame or connection.");
        return new()
        {
            Target = target,
            Executions = Number("--executions", 100_000),
            Seed = Number("--seed", 1),
            MostFindings = Number("--most", 20),
            Corpus = Place("--corpus") ?? Repository.Corpus(target),
            Findings = Place("--findings") ?? Repository.Findings(target),
            Replay = Place("--replay"),
            Saves = values.ContainsKey("--save"),
            IsPlanted = values.ContainsKey("--planted"),
            Current = Place("--current"),
        };

        int Number(string name, int otherwise) =>
            !values.TryGetValue(name, out var text) ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new FormatException($"{name} is a number.");

        string? Place(string name) => values.TryGetValue(name, out var path) ? Path.GetFullPath(path) : null;
    }

    public IEnumerable<string> ToArguments()
    {
        string[] all =
        [
            "--target", Target, "--executions", Executions.ToString(CultureInfo.InvariantCulture), "--seed", Seed.ToString(CultureInfo.InvariantCulture),
            "--most", MostFindings.ToString(CultureInfo.InvariantCulture), "--corpus", Corpus, "--findings", Findings,
        ];
        return [.. all, .. Given("--replay", Replay), .. Given("--current", Current), .. Saves ? ["--save"] : Array.Empty<string>(), .. IsPlanted ? ["--planted"] : Array.Empty<string>()];

        static string[] Given(string name, string? value) => value is null ? [] : [name, value];
    }
}
