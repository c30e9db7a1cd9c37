using System.Security.Cryptography;
using System.Text;

namespace Mesh.Server;

/// <summary>What a client opened with <c>mesh/session</c>: the tokens to resume by, and who its siblings are (protocol §8).</summary>
/// <param name="owner">What stands for the client's key: see <see cref="OwnerOf"/>.</param>
/// <param name="moves">How often its connection has moved from node to node.</param>
internal sealed class Session(string? owner, int moves = 0)
{
    private readonly Lock _gate = new();
    private ITimer? _grace;
    private Action? _end;
    private bool _owesSave;

    public SessionTokens Tokens { get; } = new();

    /// <summary>The key itself is a secret, and is not kept.</summary>
    public string? Owner { get; } = owner;

    public int Moves { get; } = moves;

    /// <summary>True once another node has the connection: what it does from now on is not this one's to tell.</summary>
    public bool HasMoved { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Taken for each save, so that the last one has the last word.</summary>
    public SemaphoreSlim SaveTurn { get; } = new(1);

    /// <summary>True once the store may know of the session: also what it did not answer it may have done, or do yet.</summary>
    public bool MayBeSaved { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Notes that the session is to be saved later; false if that was noted before.</summary>
    public bool TryOweSave() => !Interlocked.Exchange(ref _owesSave, true);

    public void NoLongerOwesSave() => Interlocked.Exchange(ref _owesSave, false);

    public static string? OwnerOf(string? clientKey) => clientKey is null ? null : Digest($"mesh client key\n{clientKey}");

    /// <summary>Calls <paramref name="end"/> after the grace, unless <see cref="EndGrace"/> or another grace comes first.</summary>
    public void BeginGrace(TimeSpan grace, TimeProvider time, Action end)
    {
        lock (_gate)
        {
            _grace?.Dispose();
            _grace = time.CreateTimer(_ => end(), null, grace, Timeout.InfiniteTimeSpan);
            _end = end;
        }
    }

    public void EndGrace()
    {
        lock (_gate)
        {
            _grace?.Dispose();
            _grace = null;
            _end = null;
        }
    }

    /// <summary>Ends the grace at once, if there is one.</summary>
    public void CutGrace()
    {
        Action? end;
        lock (_gate) end = _end;
        end?.Invoke();
    }

    /// <summary>The opaque id that connections of one user share in a room; null if nothing says who that is (protocol §9).</summary>
    public string? SiblingIn(string room, string? userId)
    {
        if (userId is null && Owner is null) return null;
        var whose = userId is null ? "key:" + Owner : "user:" + userId;
        return Digest($"mesh sibling\n{whose.Length}\n{whose}\n{room}");
    }

    private static string Digest(string text) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)), 0, 15).Replace('+', '-').Replace('/', '_');
}
