namespace Mesh.Server;

/// <summary>How new metadata meets what is there (protocol §7).</summary>
public enum MetadataStrategy
{
    /// <summary>It takes its place. The default.</summary>
    Replace,

    /// <summary>Its keys are put over the present ones.</summary>
    Merge,

    /// <summary>The same, in nested objects too.</summary>
    DeepMerge,
}
