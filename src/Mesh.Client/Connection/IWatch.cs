namespace Mesh.Client;

/// <summary>Watches what a client lives in. To be used with the gate held.</summary>
internal interface IWatch
{
    void Start();

    void Stop();
}
