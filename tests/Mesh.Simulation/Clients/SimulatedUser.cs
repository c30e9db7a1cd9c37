namespace Mesh.Simulation;

/// <summary>A user, with the devices that hold what tabs on them have stored.</summary>
/// <param name="Name">As the states say it.</param>
/// <param name="IsVerified">Whether the server knows who it is; else only the client key says so.</param>
/// <param name="Devices">Where its tabs are.</param>
internal sealed record SimulatedUser(string Name, bool IsVerified, IReadOnlyList<Device> Devices)
{
    /// <summary>The same on all devices.</summary>
    public string ClientKey => $"client key of {Name}";

    /// <summary>When anything last happened that may make the user leave, by its own doing or by a fault that hits it alone.</summary>
    public TimeSpan Disturbed { get; set; } = TimeSpan.FromDays(-1);
}
