namespace Mesh.Client.Tests;

/// <summary>Mesh.Client.Aot as native code. To publish it takes a minute, unless that was done before, as by test.sh.</summary>
public sealed class PublishedProgram : IAsyncLifetime
{
    private const string Project = "tests/Mesh.Client.Aot";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Where its project puts it.</summary>
    public string File { get; } = Path.Combine(Checkout.Folder(Project), "bin", "published", OperatingSystem.IsWindows() ? "Mesh.Client.Aot.exe" : "Mesh.Client.Aot");

    public async ValueTask InitializeAsync()
    {
        // Build servers would outlive it.
        await using var publish = RunningProgram.Start("dotnet", ["publish", Checkout.Folder(Project), "--nologo", "--disable-build-servers"]);
        (await publish.EndsAsync(Limit)).ShouldBe(0, string.Join('\n', publish.Lines));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
