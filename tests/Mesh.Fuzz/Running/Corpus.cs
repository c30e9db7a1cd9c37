namespace Mesh.Fuzz;

/// <summary>The inputs that reached something, each new for its time.</summary>
internal sealed class Corpus
{
    private const double Newest = 0.1;
    private const double OfTheNewest = 0.4;

    private readonly List<byte[]> _inputs = [];

    public int Count => _inputs.Count;

    public static Corpus Load(string folder)
    {
        var corpus = new Corpus();
        if (Directory.Exists(folder))
            foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)) corpus.Add(File.ReadAllBytes(file));
        return corpus;
    }

    /// <summary>Puts these in place of what is there.</summary>
    public static void Save(string folder, IEnumerable<byte[]> inputs)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(folder)) File.Delete(file);
        foreach (var input in inputs) Finding.Save(folder, input);
    }

    public void Add(byte[] input) => _inputs.Add(input);

    /// <summary>All of them; none is left.</summary>
    public byte[][] Take()
    {
        byte[][] all = [.. _inputs];
        _inputs.Clear();
        return all;
    }

    /// <summary>Any, the newest more often: they are where something was just found.</summary>
    public byte[] Pick(Random random)
    {
        if (_inputs.Count == 0) return [];
        var newest = Math.Max(1, (int)(_inputs.Count * Newest));
        return _inputs[random.NextDouble() < OfTheNewest ? _inputs.Count - 1 - random.Next(newest) : random.Next(_inputs.Count)];
    }
}
