namespace Mesh.Client;

/// <summary>Where there is nothing to be watched.</summary>
internal sealed class NoWatch : IWatch
{
    public void Start()
    {
    }

    public void Stop()
    {
    }
}
