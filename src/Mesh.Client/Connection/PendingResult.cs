using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>A request with a result of this type.</summary>
/// <param name="command">The command.</param>
/// <param name="read">Makes the result of the payload, which is gone after the call.</param>
/// <param name="answered">Called once, with the gate held, never within the call that makes the request.</param>
internal sealed class PendingResult<TResult>(string command, Func<RawJson, TResult> read, Action<TResult?, MeshException?> answered) : Pending(command)
{
    private TResult? _result;

    public override void Read(RawJson payload) => _result = read(payload);

    public override void Answer(MeshException? error)
    {
        if (error is null) answered(_result, null);
        else answered(default, error);
    }
}
