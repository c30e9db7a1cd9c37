using System.Text.RegularExpressions;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>In which rooms presence is tracked, for whom, and with which states. The first rule that matches counts.</summary>
internal sealed class PresenceRules(IEnumerable<PresenceRule> rules, ILogger<PresenceRules> log)
{
    private readonly PresenceRule[] _rules = [.. rules];

    public PresenceRule? Find(string room)
    {
        try
        {
            return Array.Find(_rules, rule => rule.Matches(room));
        }
        catch (RegexMatchTimeoutException late)
        {
            log.PatternTimedOut(room, late);
            return PresenceRule.Closed;
        }
    }

    /// <summary>Whether the connection may join the room.</summary>
    public ValueTask<bool> MayJoinAsync(CommandContext context, string room) => AskAsync(Find(room)?.JoinGuard, context, room);

    /// <summary>Whether the connection may see who is in the room. Where presence is not tracked there is no guard.</summary>
    public ValueTask<bool> MaySeeAsync(CommandContext context, string room) => AskAsync(Find(room)?.Guard, context, room);

    /// <summary>Why the connection may not have the room's presence; null if it may.</summary>
    public ValueTask<MeshException?> RefuseAsync(CommandContext context, string room) => RefuseAsync(context, room, Find(room));

    /// <summary>The same, by the rule of the room: to match a name may take long, and is done once a command.</summary>
    public async ValueTask<MeshException?> RefuseAsync(CommandContext context, string room, PresenceRule? rule)
    {
        if (rule is null) return Refusals.NotTracked(room);
        return await AskAsync(rule.Guard, context, room) ? null : Refusals.Forbidden(room);
    }

    /// <summary>Why the connection may not enter the room; null if it may.</summary>
    public async ValueTask<MeshException?> RefuseEntryAsync(CommandContext context, string room, PresenceRule? rule) =>
        await RefuseAsync(context, room, rule) ?? (await AskAsync(rule!.JoinGuard, context, room) ? null : Refusals.Forbidden(room));

    /// <summary>Why the connection may not put this state on its member; null if it may, or <paramref name="change"/> is none.</summary>
    public async ValueTask<MeshException?> RefuseStateAsync(CommandContext context, string room, PresenceRule? rule, StateChange? change)
    {
        if (change is null || rule is null) return null;
        if (!await AskAsync(rule.PublishGuard, context, room)) return Refusals.StateRefused($"Publishing in room \"{room}\" is not for this connection");
        var state = change switch
        {
            StateChange.Publish published => published.State,
            StateChange.Restore restored => restored.State,
            _ => default,
        };
        if (rule.StateValidator is not { } validate || !state.HasValue) return null;
        try
        {
            return await validate(new(context, room, state)) is { } reason ? Refusals.StateRefused(reason) : null;
        }
        catch (Exception failure)
        {
            log.ValidatorFailed(room, failure);
            return Refusals.StateRefused("The state could not be looked at");
        }
    }

    private async ValueTask<bool> AskAsync(Func<PresenceGuardContext, ValueTask<bool>>? guard, CommandContext context, string room)
    {
        if (guard is null) return true;
        try
        {
            return await guard(new(context, room));
        }
        catch (Exception failure)
        {
            log.GuardFailed(room, failure);
            return false;
        }
    }
}
