namespace Mesh.Client;

internal sealed record SessionRequest(string? Resume, string ClientKey);

internal sealed record SessionResult(string ConnectionId, bool Resumed, string? Token, string? UserId, double? PingInterval, SessionLimits? Limits);

internal sealed record SessionLimits(int? Message);
