namespace Mesh.Protocol;

/// <summary>What members are grouped by: a verified user never merges with one who claims the same id.</summary>
internal readonly record struct UserKey(bool Verified, string Id);
