using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Protocol.Tests.Vectors;

/// <summary>What every case of a vector file has.</summary>
public interface IVectorCase
{
    string Name { get; }
}

/// <summary>Reads protocol/vectors, and refuses what it does not know.</summary>
internal static class VectorFile
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        MaxDepth = ProtocolJson.DeepestNesting,
        Converters = { new StrictRosterConverter() },
    };

    private static readonly ConcurrentDictionary<string, object> Read = new(StringComparer.Ordinal);

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "vectors");

    /// <summary>The rows of a theory: the cases by name.</summary>
    public static IEnumerable<TheoryDataRow<string>> Rows<T>(string file) where T : IVectorCase =>
        Cases<T>(file).Keys.Select(name => new TheoryDataRow<string>(name) { TestDisplayName = $"{file}: {name}" });

    public static T Case<T>(string file, string name) where T : IVectorCase => Cases<T>(file)[name];

    private static Dictionary<string, T> Cases<T>(string file) where T : IVectorCase =>
        (Dictionary<string, T>)Read.GetOrAdd(file, static file =>
        {
            var cases = JsonSerializer.Deserialize<T[]>(File.ReadAllBytes(Path.Combine(Folder, file)), Options);
            cases.ShouldNotBeNull().ShouldNotBeEmpty($"{file} has no case.");
            return cases.ToDictionary(one => one.Name, StringComparer.Ordinal);
        });
}
