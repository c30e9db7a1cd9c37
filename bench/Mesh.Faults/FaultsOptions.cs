using System.Globalization;

namespace Mesh.Faults;

/// <summary>The command line.</summary>
/// <param name="Seed">Of all chance: which faults come when, how long they last, what users do. Default: a new one.</param>
/// <param name="Minutes">After which no new fault begins; default 10.</param>
/// <param name="Rounds">How often each kind of fault comes, instead of <paramref name="Minutes"/>; default: none.</param>
/// <param name="Clients">How many clients there are; default 250.</param>
/// <param name="Pages">How many of them are pages with the browser client, in Node.js; default 6.</param>
/// <param name="PingInterval">The servers'; default: theirs. A shorter one makes silent faults shorter, and their bounds.</param>
/// <param name="Slack">Added to each bound, for a machine that has other things to do; default none.</param>
/// <param name="Kinds">The keys of the faults; default: all.</param>
/// <param name="Output">A file for the table as Markdown, by its path from the root of the checkout; default: none.</param>
internal sealed record FaultsOptions(
    int Seed, TimeSpan Minutes, int? Rounds, int Clients, int Pages, TimeSpan PingInterval, TimeSpan Slack, IReadOnlyList<string> Kinds, string? Output)
{
    public const string Usage =
        "Options: --seed N, --minutes N, --rounds N, --clients N, --pages N, --ping-interval SECONDS, --slack SECONDS, --fault KEY (also several times), --output FILE";

    public static readonly TimeSpan DefaultPingInterval = TimeSpan.FromSeconds(10);

    /// <exception cref="FormatException">It is not as <see cref="Usage"/> says.</exception>
    public static FaultsOptions Parse(string[] arguments)
    {
        var options = new FaultsOptions(Random.Shared.Next(1, 100_000), TimeSpan.FromMinutes(10), null, 250, 6, DefaultPingInterval, TimeSpan.Zero, [], null);
        foreach (var pair in arguments.Chunk(2))
        {
            if (pair is not [var name, var value]) throw new FormatException($"{pair[0]} has no value.");
            options = name switch
            {
                "--seed" => options with { Seed = Count(value) },
                "--minutes" => options with { Minutes = TimeSpan.FromMinutes(Count(value)) },
                "--rounds" => options with { Rounds = Count(value) },
                "--clients" => options with { Clients = Count(value) },
                "--pages" => options with { Pages = Count(value) },
                "--ping-interval" => options with { PingInterval = TimeSpan.FromSeconds(Count(value)) },
                "--slack" => options with { Slack = TimeSpan.FromSeconds(Count(value)) },
                "--fault" => options with { Kinds = [.. options.Kinds, value] },
                "--output" => options with { Output = value },
                _ => throw new FormatException($"There is no option {name}."),
            };
        }
        return options;
    }

    private static int Count(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : throw new FormatException($"{value} is no number.");
}
