namespace Mesh.Client;

internal sealed record SessionRequest(string? Resume, string ClientKey);

internal sealed record SessionResult(
    string ConnectionId, bool Resumed, string? Token, string? UserId, double? AuthenticatedFor, double? PingInterval, SessionLimits? Limits);

internal sealed record SessionLimits(int? Message);

internal sealed record AuthenticateRequest(string Token);

internal sealed record AuthenticatedResult(double? AuthenticatedFor)
{
    // A century, which is beyond any timer and within any clock.
    private const double MostMilliseconds = 36_525 * 86_400_000.0;

    /// <summary>What the server says in milliseconds; null if the authentication does not end of itself.</summary>
    public static TimeSpan? Time(double? milliseconds) =>
        milliseconds is { } end ? TimeSpan.FromMilliseconds(Math.Clamp(end, 0, MostMilliseconds)) : null;
}
