using System.Security.Cryptography;

namespace Mesh.Server;

/// <summary>The sessions of a single node: what it knows itself is all there is.</summary>
internal sealed class MemorySessionStore : ISessionStore
{
    private const int TokenBytes = 33;

    private static readonly SessionTake NotElsewhere = new(SessionTakeOutcome.NotElsewhere);

    event Action<string, int>? ISessionStore.Taken
    {
        add { }
        remove { }
    }

    public string NewToken(string connectionId) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes)).Replace('+', '-').Replace('/', '_');

    public ValueTask<bool> SaveAsync(SavedSession session, CancellationToken cancellationToken) => new(true);

    public ValueTask<SessionTake> TakeAsync(string token, string? userId, CancellationToken cancellationToken) => new(NotElsewhere);

    public ValueTask<bool> EndAsync(SavedSession session, CancellationToken cancellationToken) => new(true);
}
