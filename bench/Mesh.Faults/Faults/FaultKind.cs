namespace Mesh.Faults;

/// <summary>One kind of fault.</summary>
/// <param name="Key">Its name on the command line.</param>
/// <param name="What">What happens.</param>
/// <param name="Bound">What is promised.</param>
/// <param name="InjectAsync">Does it, and returns when it has healed; what a fault leaves behind is repaired by what it sets.</param>
internal sealed record FaultKind(string Key, string What, Bound Bound, Func<Fault, Task> InjectAsync)
{
    /// <summary>Whether clients lose their connections by it: a farewell may not be heard.</summary>
    public bool DropsClients { get; init; }

    /// <summary>Whether a node dies of it.</summary>
    public bool KillsNode { get; init; }

    /// <summary>Whether Redis is away meanwhile, or loses something: who is dead is found out anew.</summary>
    public bool LosesRedis { get; init; }
}
