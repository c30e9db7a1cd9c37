namespace Mesh.Testing;

/// <summary>A folder of a test's own, which goes with it.</summary>
public sealed class TemporaryFolder : IAsyncDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mesh-tests-").FullName;

    /// <summary>An environment in which local application data is here, on most systems.</summary>
    public IReadOnlyDictionary<string, string> AsHome => new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = Path, ["XDG_DATA_HOME"] = Path };

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }
}
