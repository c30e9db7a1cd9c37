namespace Mesh.Client;

/// <summary>What the session of a client resumes with (protocol §8); in a browser it outlives the page.</summary>
internal class ResumeToken
{
    public string? Value { get; set; }

    /// <summary>The client's page goes away: the next one may come back as this connection.</summary>
    public virtual void Leave()
    {
    }

    /// <summary>The page was shown again, out of the cache of pages: the one shown meanwhile was this connection last.</summary>
    /// <param name="isNeeded">Whether the connection has ended.</param>
    public virtual void Regain(bool isNeeded)
    {
    }
}
