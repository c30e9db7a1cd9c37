using System.Text.Json;
using Mesh.Protocol;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Opening and resuming sessions (protocol §8).</summary>
internal sealed class SessionCommands(Sessions sessions, Resumption resumption, ConnectionEvents events, IOptions<MeshOptions> options, TimeProvider time) : ICommandGroup
{
    private const int ShortestKey = 16;
    private const int LongestKey = 256;

    public IEnumerable<RegisteredCommand> Commands => [new(CommandNames.Session, OpenAsync, [])];

    private async ValueTask<RawJson> OpenAsync(CommandContext context)
    {
        var request = Payload.Read(context, ServerJson.Default.SessionRequest);
        if (request.ClientKey is { Length: < ShortestKey or > LongestKey })
            throw Refusals.Invalid($"clientKey must have {ShortestKey} to {LongestKey} characters");
        if (context.Connection.Session is not null || context.Transport.HasHadCommand)
            throw Refusals.Invalid("mesh/session comes first, and once");

        var resumed = request.Resume is { } token ? await resumption.TryResumeAsync(context.Transport, token) : null;
        var connection = resumed ?? context.Connection;
        if (resumed is null) connection.Session = new(Session.OwnerOf(request.ClientKey));
        events.Announce(connection);
        var result = new SessionResult(
            connection.Id,
            resumed is not null,
            await sessions.IssueAsync(connection, presented: resumed is null ? null : request.Resume),
            connection.UserId,
            (long?)context.Transport.Authentication.LastsFor(time)?.TotalMilliseconds,
            (long)options.Value.Grace.TotalMilliseconds,
            (long)options.Value.ReloadGrace.TotalMilliseconds,
            (long)options.Value.PingInterval.TotalMilliseconds,
            new(options.Value.MessageBytes, options.Value.StateBytes));
        return new(JsonSerializer.SerializeToUtf8Bytes(result, ServerJson.Default.SessionResult));
    }
}
