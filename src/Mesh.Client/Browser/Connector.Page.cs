namespace Mesh.Client;

/// <summary>What becomes of a client whose page goes and comes back.</summary>
internal sealed partial class Connector : IPageOwner
{
    // The page comes out of the cache of pages, and it is not known yet what to resume with.
    private bool _isReviving;

    void IPageOwner.NetworkChanged() => NetworkChanged();

    void IPageOwner.Awake()
    {
        if (Status == MeshClientStatus.Online) _link?.Check();
        if (Status != MeshClientStatus.Online) RetryNow();
    }

    void IPageOwner.Hidden() => _token.Leave();

    void IPageOwner.Reviving() => _isReviving = true;

    void IPageOwner.Revived()
    {
        _isReviving = false;
        _token.Regain(isNeeded: Status != MeshClientStatus.Online);
    }
}
