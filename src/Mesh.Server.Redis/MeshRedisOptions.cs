using System.ComponentModel.DataAnnotations;

namespace Mesh.Server;

/// <summary>How Mesh uses Redis.</summary>
public sealed class MeshRedisOptions
{
    /// <summary>
    /// What all keys and channels begin with: applications that share a Redis each have their own. Default: <c>mesh</c>.
    /// Range: 1 to 64 characters, without braces, which would put everything on one server of a cluster.
    /// </summary>
    [Required, StringLength(64, MinimumLength = 1), RegularExpression("[^{}]*", ErrorMessage = "MeshRedisOptions.{0} can't have braces: everything would be on one server of a cluster.")]
    public string Prefix { get; set; } = "mesh";

    /// <summary>Whether the application refuses to start when Redis can't be reached within a few seconds. Default: true.</summary>
    public bool Required { get; set; } = true;
}
