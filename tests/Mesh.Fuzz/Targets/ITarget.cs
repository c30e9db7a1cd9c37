namespace Mesh.Fuzz;

/// <summary>What is given inputs, and judges what it does with them.</summary>
internal interface ITarget
{
    /// <summary>To begin with, beside the corpus.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    IMutator Mutator { get; }

    /// <summary>Runs an input. Whatever it throws is a finding as well.</summary>
    /// <returns>What was wrong; null if nothing was.</returns>
    ValueTask<string?> RunAsync(byte[] input);
}
