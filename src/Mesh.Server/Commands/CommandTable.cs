using System.Collections.Concurrent;

namespace Mesh.Server;

/// <summary>All commands by name, each with the middleware around it.</summary>
internal sealed class CommandTable
{
    private readonly ConcurrentDictionary<string, CommandDelegate> _commands = new(StringComparer.Ordinal);
    private readonly CommandMiddleware[] _global;

    public CommandTable(IEnumerable<ICommandGroup> groups, IEnumerable<RegisteredCommand> commands, IEnumerable<CommandMiddleware> global)
    {
        _global = [.. global];
        foreach (var command in groups.SelectMany(group => group.Commands).Concat(commands)) Add(command);
    }

    /// <summary>Adds a command.</summary>
    /// <exception cref="InvalidOperationException">There is one of that name.</exception>
    public void Add(RegisteredCommand command)
    {
        var pipeline = command.Handler;
        foreach (var middleware in _global.Concat(command.Middleware).Reverse())
        {
            var next = pipeline;
            pipeline = context => middleware(context, next);
        }
        if (!_commands.TryAdd(command.Name, pipeline))
            throw new InvalidOperationException($"The command \"{command.Name}\" was already added.");
    }

    public CommandDelegate? Find(string name) => _commands.GetValueOrDefault(name);
}
