using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Mesh.Fuzz;

/// <summary>Which edges an input took, how often, and which were taken before: as afl has it, of 65,536 counters.</summary>
internal sealed unsafe class EdgeMap : IDisposable
{
    private const int Size = 1 << 16;

    private readonly byte* _taken = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] _known = new byte[Size];

    public EdgeMap() => Trace.SharedMem = _taken;

    /// <summary>How many edges were taken so far.</summary>
    public int Reached { get; private set; }

    private Span<byte> Taken => new(_taken, Size);

    public void Clear()
    {
        Taken.Clear();
        Trace.PrevLocation = 0;
    }

    public void Forget()
    {
        Array.Clear(_known);
        Reached = 0;
    }

    /// <summary>Whether an edge was new, or was taken some times more or less than ever before; it is known from now on.</summary>
    public bool TakeNews() => Take(static count => count switch
    {
        < 4 => (byte)(1 << (count - 1)),
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    });

    /// <summary>Whether an edge was new.</summary>
    public bool TakeNewEdges() => Take(static _ => 1);

    public void Dispose() => NativeMemory.Free(_taken);

    private bool Take(Func<byte, byte> classOf)
    {
        var news = false;
        var words = MemoryMarshal.Cast<byte, ulong>(Taken);
        for (var at = 0; at < words.Length; at++)
        {
            for (var word = words[at]; word != 0;)
            {
                var shift = BitOperations.TrailingZeroCount(word) & ~7;
                news |= Take(at * sizeof(ulong) + shift / 8, classOf((byte)(word >> shift)));
                word &= ~(0xfful << shift);
            }
        }
        return news;
    }

    private bool Take(int edge, byte times)
    {
        if ((_known[edge] & times) != 0) return false;
        if (_known[edge] == 0) Reached++;
        _known[edge] |= times;
        return true;
    }
}
