namespace Mesh.Server;

/// <summary>Some of Mesh's own commands.</summary>
internal interface ICommandGroup
{
    IEnumerable<RegisteredCommand> Commands { get; }
}
