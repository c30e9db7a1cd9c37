namespace Mesh.Server;

internal sealed record SessionRequest(string? Resume, string? ClientKey);

internal sealed record SessionResult(
    string ConnectionId, bool Resumed, string Token, string? UserId, long? AuthenticatedFor, long Grace, long ReloadGrace, long PingInterval, SessionLimits Limits);

internal sealed record AuthenticateRequest(string? Token);

internal sealed record AuthenticatedResult(long? AuthenticatedFor);

internal sealed record SessionLimits(int Message, int State);
