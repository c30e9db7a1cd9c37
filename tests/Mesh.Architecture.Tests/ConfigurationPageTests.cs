using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Mesh.Client;
using Mesh.Server;

namespace Mesh.Architecture.Tests;

/// <summary>docs/configuration.md has a table for each class of options, with the options there are, their defaults, and their ranges.</summary>
public sealed partial class ConfigurationPageTests
{
    /// <summary>A range as it is told, before what else is said of it.</summary>
    [GeneratedRegex("^(?<least>[0-9,]+)( (?<leastUnit>[A-Za-z]+))? – (?<most>[0-9,]+)( (?<mostUnit>[A-Za-z]+))?(, |$)", RegexOptions.ExplicitCapture)]
    private static partial Regex Range { get; }

    private static readonly string Page = Repository.Read("docs/configuration.md").ReplaceLineEndings("\n");

    [Theory]
    [InlineData("## MeshOptions", typeof(MeshOptions))]
    [InlineData("## MeshRedisOptions", typeof(MeshRedisOptions))]
    [InlineData("### MeshClientOptions", typeof(MeshClientOptions))]
    [InlineData("### PresenceOptions", typeof(PresenceOptions<string>))]
    [InlineData("### PublishOptions", typeof(PublishOptions))]
    public void Lists_all_options_with_their_defaults(string heading, Type type)
    {
        var rows = Rows(heading).ToDictionary(cells => cells[0].Trim('`'), StringComparer.Ordinal);
        // What is no value is set in code, and told of in words.
        var options = type.GetProperties().Where(option => type != typeof(MeshOptions) || !option.PropertyType.IsSubclassOf(typeof(Delegate))).ToArray();
        rows.Keys.ShouldBe(options.Select(option => option.Name), ignoreOrder: true);

        var defaults = Activator.CreateInstance(type)!;
        foreach (var option in options)
        {
            var (told, value) = (rows[option.Name][1], Text(option.GetValue(defaults)));
            // What none means may be told too.
            (told == value || told.StartsWith($"{value}: ", StringComparison.Ordinal)).ShouldBeTrue($"{option.Name} is {value} by default, not {told}");
        }
    }

    [Theory]
    [InlineData("## MeshOptions", typeof(MeshOptions))]
    [InlineData("## MeshRedisOptions", typeof(MeshRedisOptions))]
    public void Tells_the_ranges_that_are_validated(string heading, Type type)
    {
        foreach (var row in Rows(heading))
        {
            var declared = Declared(type.GetProperty(row[0].Trim('`'))!);
            if (declared is null) row[3].ShouldBe("–", row[0]);
            else Told(row[3]).ShouldBe(declared, row[0]);
        }
    }

    // What the C# client's options may be is in code: tried at both ends of what is told, and beyond.
    [Theory]
    [InlineData(nameof(MeshClientOptions.ClientKey))]
    [InlineData(nameof(MeshClientOptions.CommandTimeout))]
    [InlineData(nameof(MeshClientOptions.ConnectTimeout))]
    [InlineData(nameof(MeshClientOptions.PingInterval))]
    public async Task The_client_takes_what_is_told_and_no_other(string name)
    {
        var told = Rows("### MeshClientOptions").Single(row => row[0].Trim('`') == name)[3];
        var (least, most) = Told(told).ShouldNotBeNull(told);
        // The longest times are told in whole days.
        var step = told.EndsWith("days", StringComparison.Ordinal) ? Unit("days") : 1;
        var option = typeof(MeshClientOptions).GetProperty(name)!;

        foreach (var fits in new[] { least, most }) await Client(fits).DisposeAsync();
        foreach (var over in new[] { least - 1, most + step })
            Should.Throw<ArgumentException>(() => Client(over)).Message.ShouldStartWith(name);

        MeshClient Client(double value)
        {
            var options = new MeshClientOptions();
            option.SetValue(options, option.PropertyType == typeof(TimeSpan) ? TimeSpan.FromMilliseconds(value) : new string('k', (int)value));
            return new("ws://localhost/", options);
        }
    }

    // As numbers, bytes, characters or milliseconds.
    private static (double Least, double Most)? Declared(PropertyInfo option) =>
        option.GetCustomAttribute<RangeAttribute>() is { } range ? (Number(range.Minimum), Number(range.Maximum))
        : option.GetCustomAttribute<StringLengthAttribute>() is { } length ? (length.MinimumLength, length.MaximumLength)
        : null;

    private static double Number(object bound) => bound is string time ? TimeSpan.Parse(time, CultureInfo.InvariantCulture).TotalMilliseconds : (int)bound;

    private static (double Least, double Most)? Told(string range) =>
        Range.Match(range) is { Success: true } match
            ? (Number(match.Groups["least"]) * Unit(match.Groups["leastUnit"].Value), Number(match.Groups["most"]) * Unit(match.Groups["mostUnit"].Value))
            : null;

    private static double Number(Group digits) => double.Parse(digits.ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static double Unit(string name) => name switch
    {
        "" or "ms" => 1,
        "s" => 1000,
        "min" => 60 * Unit("s"),
        "h" => 60 * Unit("min"),
        "days" => 24 * Unit("h"),
        "KB" => 1024,
        "MB" => 1024 * Unit("KB"),
        "GB" => 1024 * Unit("MB"),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No range is told in it."),
    };

    // The cells of the rows below a heading, up to the next one.
    private static IEnumerable<string[]> Rows(string heading) =>
        Page[(Page.IndexOf($"\n{heading}\n", StringComparison.Ordinal) + heading.Length + 2)..].Split('\n')
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split(" | "));

    private static string Text(object? value) => value switch
    {
        null or System.Collections.ICollection { Count: 0 } => "none",
        bool yes => yes ? "true" : "false",
        TimeSpan { TotalSeconds: > 0 and < 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds} ms"),
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s"),
        IFormattable number => number.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
