namespace Mesh.Server;

/// <summary>Who has a connection that is to be taken.</summary>
public enum SessionTakeOutcome
{
    /// <summary>No other node has, as far as the store knows: if this one knows the token, it is good.</summary>
    NotElsewhere,

    /// <summary>Another node had it, and this one has it now.</summary>
    Taken,

    /// <summary>Another node took it before, and by this token it is not to be had.</summary>
    Gone,
}
