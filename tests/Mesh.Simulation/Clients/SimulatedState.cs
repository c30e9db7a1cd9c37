using System.Text.Json.Serialization;

namespace Mesh.Simulation;

/// <summary>What users publish: each value is published once in a world.</summary>
/// <param name="User">Who says so.</param>
/// <param name="Value">What.</param>
internal sealed record SimulatedState(string User, int Value);

[JsonSerializable(typeof(SimulatedState))]
internal sealed partial class SimulatedJson : JsonSerializerContext;
