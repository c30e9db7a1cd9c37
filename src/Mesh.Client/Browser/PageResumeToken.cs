using System.Runtime.Versioning;
using System.Text.Json;

namespace Mesh.Client;

/// <summary>
/// A token that outlives a reload: the clients of the new page get, in the order in which they are made, what those of the old
/// one left in sessionStorage. Kept as the browser client keeps it. To be used with the gate held.
/// </summary>
[SupportedOSPlatform("browser")]
internal sealed class PageResumeToken : ResumeToken
{
    // An older one is not worth trying: a server holds a dropped connection for seconds.
    private const double MostMilliseconds = 60_000;

    // What the page before this one left, for those clients of this page that are not made yet. It is out of sessionStorage as soon
    // as the first is made, so that a duplicate of this tab, which gets a copy, finds none.
    private static readonly Dictionary<string, Queue<LeftToken>> Left = new(StringComparer.Ordinal);

    private static int s_made;

    private readonly int _place = s_made++;
    private readonly string _key;
    private readonly TimeProvider _time;

    public PageResumeToken(Uri server, TimeProvider time)
    {
        // As the application wrote it, which is how the browser client names it.
        _key = $"m:resume:{server.OriginalString}";
        _time = time;
        if (!Left.ContainsKey(_key)) Left[_key] = TakeOut();
        Value = Deal();
    }

    public override void Leave()
    {
        // What nobody on this page was dealt is too late for the next.
        Left[_key] = [];
        var others = Stored().Where(it => it.Place != _place);
        if (Value is not null) Store([.. others, new(Value, Now, _place)]);
    }

    public override void Regain(bool isNeeded)
    {
        var found = TakeOut();
        if (found.Count > 0) Left[_key] = found;
        var dealt = Deal();
        if (isNeeded) Value = dealt ?? Value;
    }

    private double Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private string? Deal() => Left[_key].TryDequeue(out var left) ? left.Token : null;

    private Queue<LeftToken> TakeOut()
    {
        var tokens = new Queue<LeftToken>(Stored().OrderBy(it => it.Place));
        Store([]);
        return tokens;
    }

    private List<LeftToken> Stored()
    {
        try
        {
            var list = JsonSerializer.Deserialize(Page.GetSessionItem(_key) ?? "[]", ClientJson.Default.LeftTokenArray) ?? [];
            return [.. list.Where(it => Now - it.Time < MostMilliseconds)];
        }
        catch (Exception unreadable) when (unreadable is JsonException or System.Runtime.InteropServices.JavaScript.JSException)
        {
            return [];
        }
    }

    private void Store(LeftToken[] tokens)
    {
        try
        {
            if (tokens.Length == 0) Page.RemoveSessionItem(_key);
            else Page.SetSessionItem(_key, JsonSerializer.Serialize(tokens, ClientJson.Default.LeftTokenArray));
        }
        catch (System.Runtime.InteropServices.JavaScript.JSException)
        {
            // Without sessionStorage a reload is a leave and a join.
        }
    }
}
