using System.Text.Json;
using Mesh.Protocol;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Presence as plain clients know it (protocol §7).</summary>
internal sealed class PresenceCommands(RoomDirectory directory, PresenceRules rules, IOptions<MeshOptions> options) : ICommandGroup
{
    private static readonly RawJson True = RawJson.FromText("true");
    private static readonly RawJson False = RawJson.FromText("false");

    public IEnumerable<RegisteredCommand> Commands =>
    [
        new(CommandNames.SubscribePresence, SubscribeAsync, []),
        new(CommandNames.UnsubscribePresence, UnsubscribeAsync, []),
        new(CommandNames.PublishPresenceState, PublishAsync, []),
        new(CommandNames.ClearPresenceState, ClearAsync, []),
        new(CommandNames.GetPresenceState, GetAsync, []),
    ];

    private async ValueTask<RawJson> SubscribeAsync(CommandContext context)
    {
        var request = Payload.Read(context, ServerJson.Default.SubscribeRequest);
        var name = Payload.RoomName(request.RoomName);
        if (await rules.RefuseAsync(context, name) is not null) return Serialize(new SubscribeResult(false, [], null));

        context.ThrowIfAnswered();
        var room = await directory.AcquireAsync(name);
        var subscription = context.Transport.Subscriptions.To(room);
        if (request.Diffs)
        {
            var answer = subscription.Room.SubscribeToDiffs(subscription, request.Known.ToStamp(), DiffBudget.ForAnswer());
            await CatchUpResponse.SendAsync(context, new SubscribedToDiffs(true) { Diff = answer.Diff }, ServerJson.Default.SubscribedToDiffs, answer.Snapshot);
        }
        else
        {
            await context.Transport.SendSnapshotAsync(sent => subscription.Room.SubscribePlain(subscription, roster => Subscribed(context, roster, sent)));
        }
        return default;
    }

    private static OutboundMessage Subscribed(CommandContext context, Roster roster, TaskCompletionSource sent)
    {
        context.Answer();
        return OutboundMessage.OfSnapshot(() => CatchUpResponse.Of(context, RosterBodies.Of(roster).Subscribed), sent);
    }

    private static ValueTask<RawJson> UnsubscribeAsync(CommandContext context)
    {
        var room = Payload.RoomName(Payload.Read(context, ServerJson.Default.RoomRequest).RoomName);
        return new(context.Transport.Subscriptions.Remove(room) ? True : False);
    }

    private async ValueTask<RawJson> PublishAsync(CommandContext context)
    {
        var request = Payload.Read(context, ServerJson.Default.StateRequest);
        var room = Payload.RoomName(request.RoomName);
        var expireAfter = Payload.ExpireAfter(request.ExpireAfter);
        if (!request.State.HasValue) return False;
        var state = Payload.State(request.State, options.Value);
        return await ChangeAsync(context, room, new StateChange.Publish(state, expireAfter, request.Silent ?? false));
    }

    private ValueTask<RawJson> ClearAsync(CommandContext context)
    {
        var room = Payload.RoomName(Payload.Read(context, ServerJson.Default.RoomRequest).RoomName);
        return ChangeAsync(context, room, new StateChange.Publish(RawJson.Null));
    }

    private async ValueTask<RawJson> ChangeAsync(CommandContext context, string room, StateChange change)
    {
        if (!context.Connection.Memberships.Contains(room)) return False;
        var rule = rules.Find(room);
        if (await rules.RefuseAsync(context, room, rule) is not null || await rules.RefuseStateAsync(context, room, rule, change) is not null) return False;
        var done = await context.Connection.Memberships.IntendStateAsync(room, change, context.CancellationToken);
        return done is null or { Outcome: ChangeOutcome.Changed } ? True : False;
    }

    private async ValueTask<RawJson> GetAsync(CommandContext context)
    {
        var name = Payload.RoomName(Payload.Read(context, ServerJson.Default.RoomRequest).RoomName);
        if (await rules.RefuseAsync(context, name) is not null) return Serialize(new StatesResult(false, [], null));
        // From the replica, and who is no member makes one for it: the store is not asked for a whole room each time.
        var room = await directory.AcquireAsync(name);
        try
        {
            var roster = await room.ReadAsync(context.Connection.Memberships.SeenAt(name), context.CancellationToken);
            return new(RosterBodies.Of(roster).States);
        }
        finally
        {
            room.Release();
        }
    }

    private static RawJson Serialize(SubscribeResult result) => new(JsonSerializer.SerializeToUtf8Bytes(result, ServerJson.Default.SubscribeResult));

    private static RawJson Serialize(StatesResult result) => new(JsonSerializer.SerializeToUtf8Bytes(result, ServerJson.Default.StatesResult));
}
