using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server;

internal sealed record MeshBuilder(IServiceCollection Services) : IMeshBuilder;
