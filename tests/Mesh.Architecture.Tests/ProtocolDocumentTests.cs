using System.Globalization;
using System.Text.RegularExpressions;
using Mesh.Protocol;

namespace Mesh.Architecture.Tests;

/// <summary>protocol.md and the constants of the code name the same things.</summary>
public sealed partial class ProtocolDocumentTests
{
    private static readonly string Document = Repository.Read("protocol/protocol.md");

    [GeneratedRegex(@"\bE[A-Z]{3,}\b")]
    private static partial Regex ErrorCode { get; }

    [GeneratedRegex(@"\b[14]\d{3}\b")]
    private static partial Regex CloseCode { get; }

    /// <summary>A name cut short with an ellipsis is no name.</summary>
    [GeneratedRegex(@"\bmesh/[a-z-]*[a-z](?![a-z-])")]
    private static partial Regex OwnCommand { get; }

    [Fact]
    public void Error_codes_are_the_same() =>
        Found(ErrorCode, Document).ShouldBe(Values(typeof(ErrorCodes)), ignoreOrder: true);

    [Fact]
    public void Close_codes_are_the_same()
    {
        // 1006 is how a client's library says that no code came; nobody sends it.
        Found(CloseCode, Section(14)).Except(["1006"], StringComparer.Ordinal).ShouldBe(Values(typeof(CloseCodes)), ignoreOrder: true);
    }

    [Fact]
    public void Command_names_are_the_same()
    {
        var (own, plain) = Split(Values(typeof(CommandNames)));
        Found(OwnCommand, Document).ShouldBe(own, ignoreOrder: true);
        plain.ShouldAllBe(name => Section(4).Contains($"`{name}`", StringComparison.Ordinal) && Section(5).Contains($"\"{name}\"", StringComparison.Ordinal));
    }

    [Fact]
    public void The_browser_client_sends_no_command_that_the_protocol_does_not_have() =>
        Repository.Files("clients/javascript", "*.js").SelectMany(file => Found(QuotedCommand, Repository.Read(file)))
            .Select(quoted => quoted.Trim('"')).Distinct(StringComparer.Ordinal)
            .Except(Values(typeof(CommandNames)), StringComparer.Ordinal)
            .ShouldBeEmpty();

    [GeneratedRegex("\"mesh/[a-z-]+\"")]
    private static partial Regex QuotedCommand { get; }

    private static string Section(int number)
    {
        var from = Document.IndexOf($"\n## {number}. ", StringComparison.Ordinal);
        var to = Document.IndexOf("\n## ", from + 1, StringComparison.Ordinal);
        return to < 0 ? Document[from..] : Document[from..to];
    }

    private static List<string> Found(Regex pattern, string text) =>
        [.. pattern.Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal)];

    private static List<string> Values(Type constants) =>
        [.. Product.Constants(constants).Values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!)];

    private static (List<string> Own, List<string> Plain) Split(List<string> names)
    {
        var byKind = names.ToLookup(name => name.StartsWith("mesh/", StringComparison.Ordinal));
        return ([.. byKind[true]], [.. byKind[false]]);
    }
}
