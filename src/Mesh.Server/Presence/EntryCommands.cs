using System.Text.Json;
using Mesh.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Entering rooms, publishing and restoring with stamps (protocol §9).</summary>
internal sealed class EntryCommands(RoomDirectory directory, PresenceRules rules, IOptions<MeshOptions> options, ILogger<EntryCommands> log) : ICommandGroup
{
    private const int MostRooms = 100;

    public IEnumerable<RegisteredCommand> Commands =>
    [
        new(CommandNames.Enter, EnterAsync, []),
        new(CommandNames.Publish, PublishAsync, []),
        new(CommandNames.Restore, RestoreAsync, []),
    ];

    private async ValueTask<RawJson> EnterAsync(CommandContext context)
    {
        RequireSession(context);
        var rooms = Payload.Read(context, ServerJson.Default.EnterRequest).Rooms ?? throw Refusals.Invalid("mesh/enter takes a list of rooms");
        if (rooms.Count > MostRooms) throw new MeshException(ErrorCodes.Limit, $"mesh/enter takes at most {MostRooms} rooms");
        await context.Transport.PayForAsync(rooms.Count);

        var answers = new List<(EnteredRoom Room, ReadOnlyMemory<byte> Snapshot)>(rooms.Count);
        var named = new HashSet<string>(StringComparer.Ordinal);
        var budget = DiffBudget.ForAnswer();
        foreach (var room in rooms)
        {
            context.ThrowIfAnswered();
            answers.Add(await EnterOneAsync(context, room, named, budget));
        }
        await CatchUpResponse.SendAsync(context, answers);
        return default;
    }

    private async ValueTask<(EnteredRoom, ReadOnlyMemory<byte>)> EnterOneAsync(CommandContext context, RawJson json, HashSet<string> named, DiffBudget budget)
    {
        string? name = null;
        try
        {
            var entry = Payload.Read(json, ServerJson.Default.RoomEntry);
            name = entry.RoomName;
            if (!named.Add(Payload.RoomName(name))) throw Refusals.Invalid("The room is named twice");
            var change = Change(entry);
            var rule = rules.Find(name!);
            if (await rules.RefuseEntryAsync(context, name!, rule) is { } refusal) throw refusal;
            if (await rules.RefuseStateAsync(context, name!, rule, change) is { } unfit) throw unfit;
            var known = entry.Known.HasValue ? Payload.Read(entry.Known, ServerJson.Default.KnownRevision).ToStamp() : null;
            return await EnterOneAsync(context, name!, change, known, budget);
        }
        catch (MeshException refusal)
        {
            return Refuse(name, refusal);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The other rooms of the frame are entered all the same.
            log.CommandFailed(context.Command, context.Connection.Id, failure);
            return Refuse(name, Refusals.Failed());
        }
    }

    private static (EnteredRoom, ReadOnlyMemory<byte>) Refuse(string? name, MeshException refusal) =>
        (new(Protocol.RoomName.IsValid(name) ? name : null, false) { Error = OutboundFrame.ErrorPayload(refusal) }, default);

    private async ValueTask<(EnteredRoom, ReadOnlyMemory<byte>)> EnterOneAsync(CommandContext context, string name, StateChange? change, Stamp? known, DiffBudget budget)
    {
        // The subscription first: it is what can be refused without a trace.
        var subscription = context.Transport.Subscriptions.To(await directory.AcquireAsync(name), out var isNew);
        RoomChange joined;
        try
        {
            joined = await context.Connection.Memberships.JoinAsync(name, change, context.CancellationToken);
        }
        catch
        {
            if (isNew) context.Transport.Subscriptions.Remove(name);
            throw;
        }
        // What is answered has the member in it, also where the store is ahead of this node's replica.
        await subscription.Room.ReadAsync(joined.At, context.CancellationToken);
        var answer = subscription.Room.SubscribeToDiffs(subscription, known, budget);
        // The stamp of an earlier clear would look like that of this one.
        var isVain = change is StateChange.Publish && joined.Outcome == ChangeOutcome.Unchanged;
        return (new(name, true)
        {
            Number = joined.Member?.Number,
            Stamp = isVain ? null : joined.Member?.Stamp,
            Deadline = isVain ? null : joined.Member?.Deadline,
            Restored = change is StateChange.Restore ? joined.Refusal is null : null,
            Reason = Reason(joined.Refusal),
            Diff = answer.Diff,
        }, answer.Snapshot);
    }

    private async ValueTask<RawJson> PublishAsync(CommandContext context)
    {
        RequireSession(context);
        var request = Payload.Read(context, ServerJson.Default.StateRequest);
        var done = await SetStateAsync(context, request.RoomName, Change(request));
        var result = done.Outcome == ChangeOutcome.Changed ? new PublishResult(done.Member!.Stamp, done.Member.Deadline) : new(null, null);
        return new(JsonSerializer.SerializeToUtf8Bytes(result, ServerJson.Default.PublishResult));
    }

    private async ValueTask<RawJson> RestoreAsync(CommandContext context)
    {
        RequireSession(context);
        var request = Payload.Read(context, ServerJson.Default.RestoreRequest);
        var done = await SetStateAsync(context, request.RoomName, Change(request));
        var result = new RestoreResult(done.Refusal is null, Reason(done.Refusal));
        return new(JsonSerializer.SerializeToUtf8Bytes(result, ServerJson.Default.RestoreResult));
    }

    private async ValueTask<RoomChange> SetStateAsync(CommandContext context, string? roomName, StateChange change)
    {
        var room = Payload.RoomName(roomName);
        var rule = rules.Find(room);
        if (await rules.RefuseAsync(context, room, rule) is { } refusal) throw refusal;
        if (!context.Connection.Memberships.Contains(room)) throw Refusals.NotMember(room);
        if (await rules.RefuseStateAsync(context, room, rule, change) is { } unfit) throw unfit;
        var done = await context.Connection.Memberships.SetStateAsync(room, change, context.CancellationToken);
        return done.Outcome == ChangeOutcome.NotMember ? throw Refusals.NotMember(room) : done;
    }

    private static void RequireSession(CommandContext context)
    {
        if (context.Connection.Session is null) throw Refusals.Invalid($"{context.Command} needs a session");
    }

    private StateChange? Change(RoomEntry entry) => entry switch
    {
        { Publish.HasValue: true, Restore.HasValue: true } => throw Refusals.Invalid("Either publish or restore"),
        { Publish.HasValue: true } => Change(Payload.Read(entry.Publish, ServerJson.Default.StateRequest)),
        { Restore.HasValue: true } => Change(Payload.Read(entry.Restore, ServerJson.Default.RestoreRequest)),
        _ => null,
    };

    private StateChange.Publish Change(StateRequest request)
    {
        if (request.State.IsAbsent) throw Refusals.Invalid("publish takes a state, null to clear it");
        return new(Payload.State(request.State, options.Value), Payload.ExpireAfter(request.ExpireAfter), request.Silent ?? false);
    }

    private StateChange.Restore Change(RestoreRequest request)
    {
        if (request.State.IsAbsent || request.Stamp is not { } stamp) throw Refusals.Invalid("restore takes a state and its stamp");
        if (request.Deadline is < 0 or > 253_402_300_799_999) throw Refusals.Invalid("deadline must be milliseconds since 1970");
        return new(Payload.State(request.State, options.Value), stamp, request.Deadline);
    }

    private static string? Reason(RestoreRefusal? refusal) => refusal switch
    {
        null => null,
        RestoreRefusal.Older => "older",
        RestoreRefusal.Expired => "expired",
        RestoreRefusal.Future => "future",
        _ => throw new ArgumentOutOfRangeException(nameof(refusal)),
    };
}
