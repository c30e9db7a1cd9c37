namespace Mesh.Fuzz;

/// <summary>Makes an input of another one.</summary>
internal interface IMutator
{
    /// <param name="input">What is changed.</param>
    /// <param name="other">What parts may be taken from.</param>
    /// <param name="random">All chance.</param>
    byte[] Mutate(byte[] input, byte[] other, Random random);
}
