using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>A room's part of <c>mesh/enter</c>.</summary>
/// <param name="Body">As it is sent.</param>
/// <param name="Answered">Gets the room's part of the answer, or the error.</param>
internal sealed record EnterPart(RawJson Body, Action<EnteredRoom?, MeshException?> Answered);
