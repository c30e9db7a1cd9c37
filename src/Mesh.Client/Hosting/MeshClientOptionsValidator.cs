using Microsoft.Extensions.Options;

namespace Mesh.Client;

/// <summary>The ranges that <see cref="MeshClientOptions"/> tells of.</summary>
internal sealed class MeshClientOptionsValidator : IValidateOptions<MeshClientOptions>
{
    private const int ShortestKey = 16;
    private const int LongestKey = 256;

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromMilliseconds(int.MaxValue);
    private static readonly TimeSpan LongestPing = TimeSpan.FromMilliseconds(1 << 29);

    /// <summary>What is wrong with the options of a client for that server.</summary>
    /// <exception cref="ArgumentException">Something is.</exception>
    /// <exception cref="PlatformNotSupportedException">Something is set that a browser does not let be set.</exception>
    public static Uri Check(string? url, MeshClientOptions options)
    {
        if (Failures(url, options).FirstOrDefault() is { } failure) throw new ArgumentException(failure, nameof(options));
        if (OperatingSystem.IsBrowser() && (options.Headers.Count > 0 || options.Cookies is not null))
            throw new PlatformNotSupportedException("In a browser no headers or cookies can be set for a WebSocket.");
        return new(url!);
    }

    public ValidateOptionsResult Validate(string? name, MeshClientOptions options)
    {
        var failures = Failures(options.Url, options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(string? url, MeshClientOptions options)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("ws" or "wss"))
            yield return "The url must be an absolute one that begins with ws: or wss:.";
        if (options.ClientKey is { Length: < ShortestKey or > LongestKey })
            yield return $"{nameof(options.ClientKey)} must have {ShortestKey} to {LongestKey} characters.";
        if (!IsBetween(options.CommandTimeout, LongestTimeout))
            yield return $"{nameof(options.CommandTimeout)} must be from 1 ms to {LongestTimeout}.";
        if (!IsBetween(options.ConnectTimeout, LongestTimeout))
            yield return $"{nameof(options.ConnectTimeout)} must be from 1 ms to {LongestTimeout}.";
        if (!IsBetween(options.PingInterval, LongestPing))
            yield return $"{nameof(options.PingInterval)} must be from 1 ms to {LongestPing}.";
        if (options.MaxReconnectAttempts < 0)
            yield return $"{nameof(options.MaxReconnectAttempts)} must be 0 or more, or null.";
    }

    private static bool IsBetween(TimeSpan time, TimeSpan most) => time >= TimeSpan.FromMilliseconds(1) && time <= most;
}
