using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>Compares what JSON says: a plain server may write anew what it was sent.</summary>
internal static class JsonComparison
{
    /// <summary>Whether both say the same, in whichever bytes; absent says the same as null.</summary>
    public static bool SaysSameAs(this RawJson one, RawJson other) =>
        one.HasValue == other.HasValue && (!one.HasValue || one == other || JsonElement.DeepEquals(one.Parse(), other.Parse()));
}
