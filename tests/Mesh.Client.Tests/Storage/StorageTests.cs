using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Client.Tests;

/// <summary>What outlives the program.</summary>
public sealed class StorageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-client-tests-").FullName;

    public static TheoryData<string> Keys => ["m:client-key", "m:presence:user-state:general", "../x/..\\y", "CON", "a", "A", "", new string('k', 5_000), "\uD800"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_file_keeps_what_is_under_any_key(string key)
    {
        IPresenceStorage storage = new FilePresenceStorage(Path.Combine(_folder, "made", "when", "needed"));
        storage.Get(key).ShouldBeNull();
        storage.Remove(key);
        storage.Set(key, "één\n");
        storage.Set(key, "zwei");
        new FilePresenceStorage(Path.Combine(_folder, "made", "when", "needed")).Get(key).ShouldBe("zwei");
        storage.GetOrAdd(key, () => "three").ShouldBe("zwei");
        storage.Remove(key);
        storage.Get(key).ShouldBeNull();
        storage.GetOrAdd(key, () => "three").ShouldBe("three");
        storage.Get(key).ShouldBe("three");
    }

    [Fact]
    public void Keys_that_differ_in_case_only_are_two()
    {
        var storage = new FilePresenceStorage(_folder);
        storage.Set("a", "1");
        storage.Set("A", "2");
        (storage.Get("a"), storage.Get("A")).ShouldBe(("1", "2"));
    }

    [Fact]
    public async Task Who_asks_at_once_gets_the_same_and_who_reads_meanwhile_gets_it_whole()
    {
        for (var round = 0; round < 20; round++)
        {
            var key = $"key {round}";
            var values = await Task.WhenAll(Enumerable.Range(0, 8).Select(it => Task.Run(() => new FilePresenceStorage(_folder).GetOrAdd(key, () => $"value {it}"))));
            values.Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
        }
        string[] texts = [new('a', 100_000), new('b', 10)];
        var storage = new FilePresenceStorage(_folder);
        storage.Set("k", texts[0]);
        var writing = Task.Run(() =>
        {
            for (var round = 0; round < 300; round++) new FilePresenceStorage(_folder).Set("k", texts[round % 2]);
        });
        while (!writing.IsCompleted) texts.ShouldContain(storage.Get("k"), StringComparer.Ordinal);
        await writing;
        Directory.GetFiles(_folder, "*.tmp").ShouldBeEmpty();
    }

    [Fact]
    public void Nobody_else_can_read_it()
    {
        if (OperatingSystem.IsWindows()) return;
        var folder = Path.Combine(_folder, "own");
        var storage = new FilePresenceStorage(folder);
        storage.Set("k", "v");
        File.GetUnixFileMode(folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // The folder may be older, and open to all.
        storage.GetOrAdd("l", () => "w");
        Directory.GetFiles(folder).Select(File.GetUnixFileMode).ShouldBe([UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.UserRead | UnixFileMode.UserWrite]);
    }

    [Fact]
    public void Servers_have_folders_of_their_own()
    {
        var (one, other) = (FilePresenceStorage.For(new("ws://localhost:3000/mesh")), FilePresenceStorage.For(new("ws://localhost:3001/")));
        one.Folder.ShouldEndWith(Path.Combine("Mesh", "localhost-3000"));
        other.Folder.ShouldEndWith(Path.Combine("Mesh", "localhost-3001"));
    }

    [Fact]
    public void A_client_key_is_made_once_and_is_one_that_servers_take()
    {
        var storage = new SafeStorage(new MemoryPresenceStorage(), NullLogger.Instance);
        var key = ClientKeys.Get(storage);
        key.Length.ShouldBe(32);
        ClientKeys.Get(storage).ShouldBe(key);
        foreach (var none in new[] { "short", new string('k', 257) })
        {
            storage.Set("m:client-key", none);
            ClientKeys.Get(storage).Length.ShouldBe(32);
        }
    }

    [Fact]
    public void What_fails_is_kept_in_memory()
    {
        var logs = new RecordedLogs();
        var storage = new SafeStorage(new BrokenStorage(), logs);
        storage.Get("k").ShouldBeNull();
        storage.Set("k", "v");
        storage.Get("k").ShouldBe("v");
        storage.GetOrAdd("k", () => "w").ShouldBe("v");
        storage.GetOrAdd("l", () => "w").ShouldBe("w");
        storage.Get("l").ShouldBe("w");
        storage.Set("k", null);
        storage.Get("k").ShouldBeNull();
        logs.All.Count.ShouldBe(4);
        new SafeStorage(null, logs).GetOrAdd("k", () => "v").ShouldBe("v");
    }

    private sealed class BrokenStorage : IPresenceStorage
    {
        public string Get(string key) => throw new IOException("No.");

        public void Set(string key, string value) => throw new IOException("No.");

        public void Remove(string key) => throw new IOException("No.");
    }
}
