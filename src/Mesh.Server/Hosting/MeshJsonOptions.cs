using System.Text.Json;

namespace Mesh.Server;

/// <summary>How payloads and results of an application's own commands and events are read and written.</summary>
public sealed class MeshJsonOptions
{
    /// <summary>Default: <see cref="JsonSerializerOptions.Web"/> (camelCase). For AOT give options with a source-generated resolver.</summary>
    public JsonSerializerOptions SerializerOptions { get; set; } = JsonSerializerOptions.Web;
}
