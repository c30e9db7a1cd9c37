using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Renewing a connection's authentication (protocol §8).</summary>
internal sealed class AuthenticationCommands(UserIdentity identity, TimeProvider time) : ICommandGroup
{
    public IEnumerable<RegisteredCommand> Commands => [new(CommandNames.Authenticate, AuthenticateAsync, [])];

    private async ValueTask<RawJson> AuthenticateAsync(CommandContext context)
    {
        var token = Payload.Read(context, ServerJson.Default.AuthenticateRequest).Token;
        if (string.IsNullOrEmpty(token)) throw Refusals.Invalid("token is missing");
        var transport = context.Transport;
        var renewed = await TokenAuthentication.AuthenticateAsync(token, transport.Authentication.Request, context.Services, context.CancellationToken);
        // A connection is one user's from its beginning to its end.
        if (identity.Of(renewed.User) != context.Connection.UserId) throw TokenAuthentication.Invalid();
        if (renewed.LastsFor(time) == TimeSpan.Zero) throw TokenAuthentication.Invalid();
        transport.Renew(renewed);
        var result = new AuthenticatedResult((long?)renewed.LastsFor(time)?.TotalMilliseconds);
        return new(JsonSerializer.SerializeToUtf8Bytes(result, ServerJson.Default.AuthenticatedResult));
    }
}
