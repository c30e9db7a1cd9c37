using System.Text.RegularExpressions;

namespace Mesh.Server;

/// <summary>Which rooms are tracked, and how.</summary>
internal sealed class PresenceRule(Predicate<string> matches, PresenceRoomOptions options)
{
    public TimeSpan? Ttl => options.Ttl;

    public Func<PresenceGuardContext, ValueTask<bool>>? JoinGuard => options.JoinGuard;

    public Func<PresenceGuardContext, ValueTask<bool>>? Guard => options.Guard;

    public Func<PresenceGuardContext, ValueTask<bool>>? PublishGuard => options.PublishGuard;

    public Func<PresenceStateContext, ValueTask<string?>>? StateValidator => options.StateValidator;

    public bool Matches(string room) => matches(room);

    /// <summary>An exact name, or a glob: <c>*</c> for any characters, <c>?</c> for one.</summary>
    public static PresenceRule For(string pattern, PresenceRoomOptions options)
    {
        if (!pattern.AsSpan().ContainsAny('*', '?')) return new(room => room == pattern, options);
        var glob = Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal);
        return For(new Regex($"^(?:{glob})\\z", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant), options);
    }

    /// <summary>Every name that the expression matches somewhere.</summary>
    public static PresenceRule For(Regex pattern, PresenceRoomOptions options) => new(room => IsMatch(pattern, room), options);

    // A name that takes an application's expression too long is no match.
    private static bool IsMatch(Regex pattern, string room)
    {
        try
        {
            return pattern.IsMatch(room);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
