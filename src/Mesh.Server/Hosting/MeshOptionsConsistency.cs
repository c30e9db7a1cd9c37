using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Refuses options that are each within their range, and can't be kept together.</summary>
/// <param name="host">How long the host lets a server shut down.</param>
internal sealed class MeshOptionsConsistency(IOptions<HostOptions> host) : IValidateOptions<MeshOptions>
{
    public ValidateOptionsResult Validate(string? name, MeshOptions options)
    {
        var wrong = new List<string>();
        if (options.StateBytes >= options.MessageBytes)
            wrong.Add($"Mesh:StateBytes is {options.StateBytes}, and must be less than Mesh:MessageBytes ({options.MessageBytes}), or no message could carry such a state.");
        if (options.OutboundBytes / 4 < options.StateBytes)
            wrong.Add($"Mesh:OutboundBytes is {options.OutboundBytes}, and must be at least four times Mesh:StateBytes ({options.StateBytes}), or a single state could close its receivers.");
        if (host.Value.ShutdownTimeout is var shutdown && shutdown >= TimeSpan.Zero && options.DrainTime + options.CloseTimeout >= shutdown)
        {
            wrong.Add(
                $"Mesh:DrainTime is {options.DrainTime}, and with Mesh:CloseTimeout ({options.CloseTimeout}) must be less than the host's shutdown timeout ({shutdown}, HostOptions.ShutdownTimeout), "
                + "or connections would be cut off that wait to be closed.");
        }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
