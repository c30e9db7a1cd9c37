namespace Mesh.Client;

/// <summary>What a <see cref="PageWatch"/> tells.</summary>
internal interface IPageOwner
{
    /// <summary>There is a network again, maybe another one.</summary>
    void NetworkChanged();

    /// <summary>The page can be seen, or was shown again.</summary>
    void Awake();

    /// <summary>The page goes away, maybe for good.</summary>
    void Hidden();

    /// <summary>The page comes out of the cache of pages: soon it is known what the one shown meanwhile has left.</summary>
    void Reviving();

    /// <summary>It is known now; <see cref="Awake"/> follows.</summary>
    void Revived();
}
