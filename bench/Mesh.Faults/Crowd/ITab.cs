namespace Mesh.Faults;

/// <summary>One client of a user. What it does completes when the server has acknowledged it, however long that takes.</summary>
internal interface ITab : IAsyncDisposable
{
    string Name { get; }

    /// <summary>What it shows; null while it is not in the room.</summary>
    View? View { get; }

    Task JoinAsync();

    Task PublishAsync(State state);

    /// <param name="closes">Whether the connection ends too.</param>
    /// <returns>False if the server may not know of it: then it finds out by itself.</returns>
    Task<bool> LeaveAsync(bool closes);

    /// <summary>Ends, and begins again with the same storage.</summary>
    /// <returns>As with <see cref="LeaveAsync"/>.</returns>
    Task<bool> ReloadAsync();
}
