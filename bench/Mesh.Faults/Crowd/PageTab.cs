namespace Mesh.Faults;

/// <summary>A tab by the browser client, which comes back from a reload as the same connection.</summary>
internal sealed class PageTab(string name, Pages pages) : ITab
{
    private volatile bool _isIn;

    public string Name => name;

    public View? View => _isIn ? pages.ViewOf(name) ?? new(name, null, IsFresh: false) : null;

    public static PageTab Open(string name, string room, string url, Pages pages)
    {
        pages.Open(name, room, url);
        return new(name, pages);
    }

    public Task JoinAsync()
    {
        _isIn = true;
        return pages.CallAsync(name, "join");
    }

    public Task PublishAsync(State state) => pages.CallAsync(name, "publish", state);

    public Task<bool> LeaveAsync(bool closes)
    {
        _isIn = false;
        return pages.CallAsync(name, "leave", closes: closes);
    }

    public Task<bool> ReloadAsync() => pages.CallAsync(name, "reload");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
