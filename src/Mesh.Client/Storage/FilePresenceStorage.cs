using System.Security.Cryptography;
using System.Text;

namespace Mesh.Client;

/// <summary>
/// Keeps each value in a file of its own, which is written whole or not at all: several processes may use one folder. On
/// Unix nobody but the user can read it.
/// </summary>
public sealed class FilePresenceStorage : IPresenceStorage
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Uses a folder; it is made when something is to be stored.</summary>
    /// <param name="folder">Default: <c>Mesh</c> in the user's local application data.</param>
    /// <exception cref="PlatformNotSupportedException">The user has no local application data.</exception>
    public FilePresenceStorage(string? folder = null) => Folder = folder ?? DefaultFolder();

    internal string Folder { get; }

    /// <inheritdoc/>
    public string? Get(string key)
    {
        try
        {
            // Another process may replace it meanwhile.
            using var file = new FileStream(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.UTF8);
            // An empty one is about to be written.
            return reader.ReadToEnd() is { Length: > 0 } value ? value : null;
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Set(string key, string value)
    {
        MakeFolder();
        var path = PathOf(key);
        var unfinished = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            Create(unfinished, value);
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Remove(string key)
    {
        try
        {
            File.Delete(PathOf(key));
        }
        catch (DirectoryNotFoundException)
        {
            // Then there is no such file either.
        }
    }

    /// <inheritdoc/>
    public string GetOrAdd(string key, Func<string> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        if (Get(key) is { } stored) return stored;
        var created = create();
        MakeFolder();
        var path = PathOf(key);
        try
        {
            // Only one of those who ask at once can create it.
            Create(path, created);
            return created;
        }
        catch (IOException) when (File.Exists(path))
        {
            string? first = null;
            if (SpinWait.SpinUntil(() => (first = Get(key)) is not null, Patience)) return first!;
            // Whoever created it has died before writing.
            Set(key, created);
            return created;
        }
    }

    /// <summary>A folder for what is stored about one server.</summary>
    internal static FilePresenceStorage For(Uri server) => new(Path.Combine(DefaultFolder(), $"{server.IdnHost}-{server.Port}".Replace(':', '.')));

    private static string DefaultFolder()
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length > 0 ? Path.Combine(data, "Mesh") : throw new PlatformNotSupportedException("The user has no local application data: give a folder, or another storage.");
    }

    private void MakeFolder()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Folder);
        else Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // The folder may be older, and open to all.
    private static void Create(string path, string value)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(Encoding.UTF8.GetBytes(value));
    }

    // Keys have characters that file names have not, and may differ in case only.
    private string PathOf(string key) => Path.Combine(Folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)), 0, 16));
}
