using System.Text.RegularExpressions;

namespace Mesh.Server;

/// <summary>Which rooms are tracked, and how.</summary>
internal sealed class PresenceRule(Predicate<string> matches, PresenceRoomOptions options)
{
    /// <summary>For a room of which can't be told whether an expression matches: whoever may, by the rules after it, it might be guarded.</summary>
    public static PresenceRule Closed { get; } = new(
        static _ => true, new PresenceRoomOptions().GuardBy(static _ => false).GuardJoinBy(static _ => false).GuardPublishBy(static _ => false));

    public TimeSpan? Ttl => options.Ttl;

    public Func<PresenceGuardContext, ValueTask<bool>>? JoinGuard => options.JoinGuard;

    public Func<PresenceGuardContext, ValueTask<bool>>? Guard => options.Guard;

    public Func<PresenceGuardContext, ValueTask<bool>>? PublishGuard => options.PublishGuard;

    public Func<PresenceStateContext, ValueTask<string?>>? StateValidator => options.StateValidator;

    /// <exception cref="RegexMatchTimeoutException">The name takes an application's expression too long.</exception>
    public bool Matches(string room) => matches(room);

    /// <summary>An exact name, or a glob: <c>*</c> for any characters, <c>?</c> for one.</summary>
    public static PresenceRule For(string pattern, PresenceRoomOptions options)
    {
        if (!pattern.AsSpan().ContainsAny('*', '?')) return new(room => room == pattern, options);
        var glob = Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal);
        return For(new Regex($"^(?:{glob})\\z", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant), options);
    }

    /// <summary>Every name that the expression matches somewhere.</summary>
    public static PresenceRule For(Regex pattern, PresenceRoomOptions options) => new(pattern.IsMatch, options);
}
