using System.Globalization;
using Mesh.Client;
using Mesh.Server;

namespace Mesh.Architecture.Tests;

/// <summary>docs/configuration.md has a table for each class of options, with the options there are and their defaults.</summary>
public sealed class ConfigurationPageTests
{
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
