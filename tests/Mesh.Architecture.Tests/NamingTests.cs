using System.Reflection;
using System.Text.RegularExpressions;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Mesh.Architecture.Tests;

/// <summary>The words of the house (CONTRIBUTING.md).</summary>
public sealed partial class NamingTests
{
    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex Word { get; }

    /// <summary>The words that stand for another one, and the one they stand for.</summary>
    private static readonly Dictionary<string, string> Instead = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Socket"] = "connection",
        ["Peer"] = "connection",
        ["Account"] = "user",
        ["Channel"] = "room",
        ["Topic"] = "room",
        ["Participant"] = "member",
        ["Subscriber"] = "member",
        ["Republish"] = "restore",
        ["Recover"] = "resume",
        ["Dump"] = "snapshot",
        ["Delta"] = "diff",
        ["Refresh"] = "resync",
        ["Instance"] = "node",
        ["Bus"] = "backplane",
        ["Repository"] = "store",
        ["Invocation"] = "command",
    };

    [Fact]
    public void No_type_has_a_name_that_says_nothing() =>
        Types().That().ResideInNamespaceMatching(@"^Mesh\.")
            .Should().NotHaveNameMatching("(Manager|Helper|Util|Utils|Utilities|Service|Services|Process|Handle)s?$")
            .Check(Product.Architecture);

    [Fact]
    public void Types_and_public_members_use_the_words_of_the_project()
    {
        var names = Product.Types.Select(type => type.Name)
            .Concat(Product.Types.Where(type => type.IsVisible).SelectMany(OwnMembers).Select(member => member.Name));
        // A WebSocket is what the transport has, by its own name.
        names.Select(name => name.Replace("WebSocket", "", StringComparison.Ordinal))
            .SelectMany(name => Word.Matches(name).Where(word => Instead.ContainsKey(word.Value)).Select(word => $"{name}: not {word.Value} but {Instead[word.Value]}"))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Methods_that_are_awaited_end_with_Async()
    {
        var awaited = Product.Types.Where(type => !type.IsSubclassOf(typeof(Delegate)))
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => !method.IsSpecialName && !method.Name.Contains('<', StringComparison.Ordinal) && IsAwaitable(method.ReturnType));
        awaited.Where(method => !method.Name.EndsWith("Async", StringComparison.Ordinal))
            .Select(method => $"{method.DeclaringType}.{method.Name}")
            .ShouldBeEmpty();
    }

    private static IEnumerable<MemberInfo> OwnMembers(Type type) =>
        type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => !member.Name.Contains('<', StringComparison.Ordinal));

    private static bool IsAwaitable(Type type) =>
        typeof(Task).IsAssignableFrom(type)
        || type == typeof(ValueTask)
        || (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(ValueTask<>) || type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>)));
}
