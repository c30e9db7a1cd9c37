using System.Security.Cryptography;
using System.Text;

namespace Mesh.Server;

/// <summary>What a client opened with <c>mesh/session</c>: the tokens to resume by, and the key its siblings share (protocol §8).</summary>
internal sealed class Session(string? clientKey)
{
    private readonly Lock _gate = new();
    private ITimer? _grace;
    private Action? _end;

    public SessionTokens Tokens { get; } = new();

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
        if (userId is null && clientKey is null) return null;
        var owner = userId is null ? "key:" + clientKey : "user:" + userId;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"mesh sibling\n{owner.Length}\n{owner}\n{room}"));
        return Convert.ToBase64String(hash, 0, 15).Replace('+', '-').Replace('/', '_');
    }
}
