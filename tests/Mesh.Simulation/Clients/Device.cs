using Mesh.Client;

namespace Mesh.Simulation;

/// <summary>What the tabs on one device share.</summary>
/// <param name="Storage">What they have stored.</param>
/// <param name="Skew">By how much its clock is ahead.</param>
internal sealed record Device(IPresenceStorage Storage, TimeSpan Skew);
