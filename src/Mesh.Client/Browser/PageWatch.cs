using System.Runtime.InteropServices.JavaScript;
using System.Runtime.Versioning;

namespace Mesh.Client;

/// <summary>Tells a client what becomes of its page: it goes away, is shown again, has a network again. With the gate held.</summary>
[SupportedOSPlatform("browser")]
internal sealed class PageWatch : IWatch
{
    // A page that comes back from the cache of pages waits this long for the one shown before it to leave its tokens.
    private static readonly TimeSpan Handover = TimeSpan.FromMilliseconds(100);

    // The page's listeners are there once and for ever, as clients come and go.
    private static readonly HashSet<PageWatch> Watching = [];

    private static bool s_listens;

    private readonly ClientGate _gate;
    private readonly IPageOwner _owner;
    private readonly Alarm _handover;

    public PageWatch(ClientGate gate, IPageOwner owner)
    {
        (_gate, _owner) = (gate, owner);
        _handover = new(gate, () =>
        {
            _owner.Revived();
            _owner.Awake();
        });
    }

    public void Start()
    {
        Listen();
        Watching.Add(this);
    }

    public void Stop()
    {
        _handover.Cancel();
        Watching.Remove(this);
    }

    private static void Listen()
    {
        if (s_listens || !Page.Exists) return;
        s_listens = true;
        Page.Listen("online", _ => Tell(it => it._owner.NetworkChanged()));
        Page.Listen("visibilitychange", _ => Tell(it =>
        {
            if (Page.IsVisible) it._owner.Awake();
        }));
        Page.Listen("pagehide", _ => Tell(it => it.Hide()));
        Page.Listen("pageshow", shown =>
        {
            var isRevived = shown.GetPropertyAsBoolean("persisted");
            Tell(it => it.Show(isRevived));
        });
    }

    private static void Tell(Action<PageWatch> tell)
    {
        foreach (var watch in Watching.ToList())
            lock (watch._gate.Lock)
                if (Watching.Contains(watch)) tell(watch);
    }

    private void Hide()
    {
        _handover.Cancel();
        _owner.Hidden();
    }

    private void Show(bool isRevived)
    {
        if (isRevived)
        {
            _owner.Reviving();
            _handover.Set(Handover);
        }
        else
        {
            _owner.Awake();
        }
    }
}
