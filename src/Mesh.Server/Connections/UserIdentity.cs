using System.Security.Claims;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Says which verified user a principal is, as <see cref="MeshOptions.UserId"/> has it.</summary>
internal sealed class UserIdentity(IOptions<MeshOptions> options)
{
    /// <summary>The user's id; null if nobody was authenticated.</summary>
    public string? Of(ClaimsPrincipal principal)
    {
        if (principal.Identity?.IsAuthenticated != true) return null;
        var id = options.Value.UserId(principal);
        return string.IsNullOrEmpty(id) ? null : id;
    }
}
