using System.ComponentModel.DataAnnotations;

namespace Mesh.Server;

/// <summary>How Mesh uses Redis.</summary>
public sealed class MeshRedisOptions
{
    /// <summary>
    /// What all keys and channels begin with: applications that share a Redis each have their own. Default: <c>mesh</c>.
    /// Range: 1 to 64 characters.
    /// </summary>
    [Required, StringLength(64, MinimumLength = 1)]
    public string Prefix { get; set; } = "mesh";

    /// <summary>Whether the application refuses to start while Redis can't be reached. Default: true.</summary>
    public bool Required { get; set; } = true;
}
