using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>A request that waits for its response.</summary>
internal abstract class Pending(string command)
{
    public string Command => command;

    /// <summary>Rings when the response is too late.</summary>
    public Alarm? Late { get; set; }

    /// <summary>Reads the response, before the gate is taken for it.</summary>
    /// <exception cref="JsonException">It is not what was expected.</exception>
    public abstract void Read(RawJson payload);

    /// <summary>Tells who asked, with the gate held: what was read, or the error.</summary>
    public abstract void Answer(MeshException? error);
}
