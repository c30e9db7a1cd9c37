using System.Text;

namespace Mesh.Fuzz;

/// <summary>Changes a sequence of messages, a line each: which ones, in what order, and what is in them.</summary>
internal sealed class SequenceMutator : IMutator
{
    private const int MostLines = 50;
    private const int MostChanges = 4;
    private const byte NewLine = (byte)'\n';

    private readonly JsonMutator _json = new(mostBytes: 4096);

    public byte[] Mutate(byte[] input, byte[] other, Random random)
    {
        var (lines, others) = (Lines(input), Lines(other));
        for (var left = random.Few(MostChanges); left > 0; left--) Change(lines, others, random);
        return Join(lines.Take(MostLines));
    }

    public static List<byte[]> Lines(byte[] input)
    {
        List<byte[]> lines = [];
        foreach (var line in input.AsSpan().Split(NewLine)) lines.Add(input[line]);
        return lines;
    }

    private static byte[] Join(IEnumerable<byte[]> lines)
    {
        using var joined = new MemoryStream();
        foreach (var line in lines)
        {
            if (joined.Length > 0) joined.WriteByte(NewLine);
            joined.Write(line);
        }
        return joined.ToArray();
    }

    private void Change(List<byte[]> lines, List<byte[]> others, Random random)
    {
        var at = random.Next(lines.Count);
        switch (random.Next(12))
        {
            case 0:
                lines.Insert(at, Encoding.UTF8.GetBytes(random.Of(Words.Steps)));
                break;
            case 1:
                lines.Insert(random.Next(lines.Count + 1), random.Of(others));
                break;
            case 2:
                lines.Insert(random.Next(lines.Count + 1), lines[at]);
                break;
            case 3 when lines.Count > 1:
                lines.RemoveAt(at);
                break;
            case 4:
                var with = random.Next(lines.Count);
                (lines[at], lines[with]) = (lines[with], lines[at]);
                break;
            case 5:
                lines.RemoveRange(at, lines.Count - at);
                lines.AddRange(others[random.Next(others.Count)..]);
                break;
            default:
                lines[at] = _json.Mutate(lines[at], random.Of(others), random);
                break;
        }
        // A change of a line may have made two of it, or none.
        if (lines.Count == 0) lines.Add([]);
    }
}
