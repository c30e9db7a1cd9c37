using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Server;

/// <summary>How payloads and results of an application's own commands and events are read and written.</summary>
public sealed class MeshJsonOptions
{
    private JsonSerializerOptions? _strict;

    /// <summary>Default: <see cref="JsonSerializerOptions.Web"/> (camelCase). For AOT give options with a source-generated resolver.</summary>
    public JsonSerializerOptions SerializerOptions
    {
        get;
        set => (field, _strict) = (value, null);
    } = JsonSerializerOptions.Web;

    /// <summary>
    /// The same for what is looked at and then passed on as it was sent: whoever reads that, by whatever rules, has to find in it what was looked
    /// at, and nothing besides.
    /// </summary>
    internal JsonSerializerOptions Strict => _strict ??= MakeStrict(SerializerOptions);

    private static JsonSerializerOptions MakeStrict(JsonSerializerOptions options)
    {
        var strict = new JsonSerializerOptions(options)
        {
            PropertyNameCaseInsensitive = false,
            AllowDuplicateProperties = false,
            NumberHandling = JsonNumberHandling.Strict,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        };
        // What may still change remembers no types.
        if (strict.TypeInfoResolver is not null) strict.MakeReadOnly();
        return strict;
    }
}
