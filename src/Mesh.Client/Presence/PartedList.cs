using System.Collections;

namespace Mesh.Client;

/// <summary>A list in parts, which it shares with the lists before and after it where nothing has changed.</summary>
internal sealed class PartedList<T> : IReadOnlyList<T>
{
    private readonly T[][] _parts;
    private readonly int[] _starts;

    /// <param name="parts">None of them empty, and none to be changed any more.</param>
    public PartedList(T[][] parts)
    {
        _parts = parts;
        _starts = new int[parts.Length];
        for (var at = 0; at < parts.Length; at++)
        {
            _starts[at] = Count;
            Count += parts[at].Length;
        }
    }

    public int Count { get; }

    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var part = Array.BinarySearch(_starts, index);
            if (part < 0) part = ~part - 1;
            return _parts[part][index - _starts[part]];
        }
    }

    public IEnumerator<T> GetEnumerator()
    {
        foreach (var part in _parts)
            foreach (var one in part) yield return one;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
