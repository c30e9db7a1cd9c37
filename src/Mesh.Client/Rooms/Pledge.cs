using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The outcome of something that several wait for, who are told at once. To be used with the gate held.</summary>
internal sealed class Pledge
{
    private readonly List<Action<MeshException?>> _waiting = [];
    private bool _isSettled;
    private MeshException? _error;

    /// <summary>Settled when both are, or one has failed.</summary>
    public static Pledge Both(Pledge first, Pledge second)
    {
        var both = new Pledge();
        first.Then(error => Settle(error, second));
        second.Then(error => Settle(error, first));
        return both;

        void Settle(MeshException? error, Pledge other)
        {
            if (error is not null || other._isSettled) both.Settle(error);
        }
    }

    public void Settle(MeshException? error = null)
    {
        if (_isSettled) return;
        (_isSettled, _error) = (true, error);
        foreach (var waiting in _waiting) waiting(error);
        _waiting.Clear();
    }

    /// <summary>Calls back with the error, or null; at once if it is settled.</summary>
    public void Then(Action<MeshException?> settled)
    {
        if (_isSettled) settled(_error);
        else _waiting.Add(settled);
    }
}
