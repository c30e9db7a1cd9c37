using System.Security.Claims;

namespace Mesh.Server;

/// <summary>Says which verified user a principal is: the claim <c>NameIdentifier</c> or <c>sub</c>, unless the application says otherwise.</summary>
internal sealed class UserIdentity(Func<ClaimsPrincipal, string?>? byApplication)
{
    /// <summary>The user's id; null if nobody was authenticated.</summary>
    public string? Of(ClaimsPrincipal principal)
    {
        if (principal.Identity?.IsAuthenticated != true) return null;
        var id = byApplication is null
            ? principal.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? principal.FindFirst("sub")?.Value
            : byApplication(principal);
        return string.IsNullOrEmpty(id) ? null : id;
    }
}
