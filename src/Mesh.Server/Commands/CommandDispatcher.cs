using Mesh.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Runs one frame's command and answers it; nothing a handler does gets past here (protocol §3).</summary>
internal sealed class CommandDispatcher(CommandTable commands, IServiceScopeFactory scopes, IOptions<MeshJsonOptions> json, ILogger<CommandDispatcher> log)
{
    // Others may get the bytes of a larger result, too.
    private const int MostCopied = 16 * 1024;

    public async ValueTask ExecuteAsync(Transport transport, InboundFrame frame)
    {
        var context = new CommandContext(transport, frame, scopes, json.Value);
        ReadOnlyMemory<byte>[] response;
        try
        {
            if (frame.Kind == FrameKind.Invalid) throw Refusals.Invalid("A frame needs a command");
            var command = commands.Find(frame.Command) ?? throw Refusals.NotFound(frame.Command);
            var result = await command(context);
            response = result.Utf8.Length > MostCopied ? CatchUpResponse.Of(context, result.Utf8) : [OutboundFrame.Response(frame.Id, frame.Command, result)];
        }
        catch (OperationCanceledException) when (transport.Gone.IsCancellationRequested)
        {
            return; // Nobody is left to be answered.
        }
        catch (MeshException refusal) when (!context.IsAnswered)
        {
            response = [OutboundFrame.Error(frame.Id, frame.Command, refusal)];
        }
        catch (Exception failure)
        {
            log.CommandFailed(frame.Command, context.Connection.Id, failure);
            response = [OutboundFrame.Error(frame.Id, frame.Command, Refusals.Failed())];
        }
        finally
        {
            await EndAsync(context);
        }
        if (!context.TryAnswer()) return;
        try
        {
            await transport.RespondAsync(response);
        }
        catch (OperationCanceledException)
        {
            // The WebSocket ended meanwhile.
        }
    }

    // A service that can't be disposed changes nothing about the answer.
    private async ValueTask EndAsync(CommandContext context)
    {
        try
        {
            await context.EndAsync();
        }
        catch (Exception failure)
        {
            log.CommandFailed(context.Command, context.Connection.Id, failure);
        }
    }
}
