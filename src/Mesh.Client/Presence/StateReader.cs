using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>Reads states, each once, however many ask for it.</summary>
internal sealed class StateReader<TState>(JsonTypeInfo<TState> type)
{
    // By the bytes that a state was received in, which live as long as it is shown.
    private readonly ConditionalWeakTable<byte[], Result> _read = [];

    /// <returns>False if it is no <typeparamref name="TState"/>.</returns>
    public bool TryRead(RawJson json, out TState? state, out Exception? failure)
    {
        var result = MemoryMarshal.TryGetArray(json.Utf8, out var bytes) && bytes is { Offset: 0, Array: { } array } && array.Length == bytes.Count
            ? _read.GetValue(array, _ => Read(json))
            : Read(json);
        (state, failure) = (result.State, result.Failure);
        return failure is null;
    }

    private Result Read(RawJson json)
    {
        try
        {
            return new(json.HasValue ? JsonSerializer.Deserialize(json.Utf8.Span, type) : default, null);
        }
        catch (Exception unreadable)
        {
            // Whatever the type's own converters and constructors throw: who published it must not hide the others.
            return new(default, unreadable);
        }
    }

    private sealed record Result(TState? State, Exception? Failure);
}
