using System.Security.Claims;

namespace Mesh.Server;

/// <summary>What an application gave to <see cref="MeshBuilderExtensions.IdentifyUsers"/>.</summary>
internal sealed record UserIdSelector(Func<ClaimsPrincipal, string?> Select);
