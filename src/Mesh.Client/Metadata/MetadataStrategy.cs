namespace Mesh.Client;

/// <summary>How new metadata goes together with what is there (protocol §7).</summary>
public enum MetadataStrategy
{
    /// <summary>It takes the place of what is there.</summary>
    Replace,

    /// <summary>Its keys are put over those that are there.</summary>
    Merge,

    /// <summary>So too in nested objects.</summary>
    DeepMerge,
}
