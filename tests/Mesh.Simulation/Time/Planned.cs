namespace Mesh.Simulation;

/// <summary>Something that is to happen, unless it is cancelled before.</summary>
internal sealed class Planned(Action act)
{
    private Action? _act = act;

    public void Cancel() => _act = null;

    /// <returns>False if it was cancelled.</returns>
    public bool Run()
    {
        if (_act is not { } act) return false;
        _act = null;
        act();
        return true;
    }
}
