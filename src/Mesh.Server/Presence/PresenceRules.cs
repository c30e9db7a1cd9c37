using Mesh.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Server;

/// <summary>In which rooms presence is tracked, and for whom. The first rule that matches counts.</summary>
internal sealed class PresenceRules(IEnumerable<PresenceRule> rules, ILogger<PresenceRules> log)
{
    private readonly PresenceRule[] _rules = [.. rules];

    public PresenceRule? Find(string room) => Array.Find(_rules, rule => rule.Matches(room));

    /// <summary>Why the connection may not have the room's presence; null if it may.</summary>
    public async ValueTask<MeshException?> RefuseAsync(CommandContext context, string room)
    {
        if (Find(room) is not { } rule) return Refusals.NotTracked(room);
        if (rule.Guard is null) return null;
        try
        {
            return await rule.Guard(new(context, room)) ? null : Refusals.Forbidden(room);
        }
        catch (Exception failure)
        {
            log.GuardFailed(room, failure);
            return Refusals.Forbidden(room);
        }
    }
}
