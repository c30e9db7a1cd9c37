namespace Mesh.Fuzz;

/// <summary>Runs kept inputs again.</summary>
internal static class Replay
{
    public static async Task<int> RunAsync(string path, Execution execution)
    {
        var (count, found) = (0, 0);
        foreach (var file in (string[])(Directory.Exists(path) ? [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)] : [path]))
        {
            count++;
            if (await execution.RunAsync(await File.ReadAllBytesAsync(file)) is not { } wrong) continue;
            found++;
            Console.WriteLine($"FOUND: {file}: {wrong}");
        }
        Console.WriteLine($"{count} inputs, {found} findings.");
        return found == 0 ? 0 : 1;
    }
}
