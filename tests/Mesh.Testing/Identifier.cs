using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Testing;

/// <summary>The state identifier of user-view.json: it returns a field of the state.</summary>
/// <param name="Field">Which one.</param>
/// <param name="Async">True if it answers later.</param>
/// <param name="Throws">True if it throws where there is no such field.</param>
public sealed record Identifier(string Field, bool Async = false, bool Throws = false)
{
    /// <summary>The id that it gives to a state; null where it returns no id or throws, which is the same to a view.</summary>
    public string? IdOf(RawJson state) => UserIds.FromJson(AnswerFor(state));

    /// <summary>What it returns as JSON; absent for undefined.</summary>
    public RawJson AnswerFor(RawJson state)
    {
        var value = state.Parse();
        return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(Field, out var id) ? RawJson.FromElement(id) : default;
    }
}
