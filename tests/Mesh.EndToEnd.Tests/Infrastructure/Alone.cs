namespace Mesh.EndToEnd.Tests;

/// <summary>For tests that take a machine to themselves: one after the other, when those that share it have ended.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
