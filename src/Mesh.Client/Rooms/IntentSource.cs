namespace Mesh.Client;

/// <summary>Where an <see cref="Intent"/> comes from.</summary>
internal enum IntentSource
{
    /// <summary>The application's own word.</summary>
    Application,

    /// <summary>Found in storage, where another tab may change it at any time.</summary>
    Stored,

    /// <summary>What was acknowledged last, by a server whose stamps say nothing now.</summary>
    Remembered,
}
