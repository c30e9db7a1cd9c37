using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server;

/// <summary>Configures Mesh; returned by <see cref="MeshServiceCollectionExtensions.AddMesh(IServiceCollection)"/>.</summary>
public interface IMeshBuilder
{
    /// <summary>The services that Mesh was added to.</summary>
    IServiceCollection Services { get; }
}
