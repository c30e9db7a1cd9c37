namespace Mesh.Server.Tests;

/// <summary>For tests that measure it: no other one runs meanwhile.</summary>
[CollectionDefinition(nameof(MemoryOfTheProcess), DisableParallelization = true)]
public sealed class MemoryOfTheProcess;
