using Mesh.Protocol;

namespace Mesh.Testing;

/// <summary>States whose <c>userId</c> is of every kind that an identifier may return.</summary>
public static class SimulatedState
{
    private static readonly string[] Ids =
        ["\"userId\":\"u1\",", "\"userId\":\"u2\",", "\"userId\":\"u3\",", "\"userId\":\"u4\",", "\"userId\":\"u5\",",
         "\"userId\":7,", "\"userId\":\"7\",", "\"userId\":0.5,", "\"userId\":null,", "\"userId\":true,", ""];

    /// <summary>The state of that number; more than half belong to the users u1 to u5.</summary>
    public static RawJson Of(int what) => RawJson.FromText($"{{{Ids[what % (2 * Ids.Length) < Ids.Length ? what % Ids.Length : what % 5]}\"mood\":{what}}}");
}
