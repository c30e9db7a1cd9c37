using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Lets WebSockets in as long as their user and their address have not too many on this node (protocol §12).</summary>
internal sealed class Admission(ConnectionHost host, UserIdentity identity, IOptions<MeshOptions> options)
{
    private readonly Tally<string> _byUser = new(options.Value.ConnectionsPerUser, StringComparer.Ordinal);
    private readonly Tally<IPAddress> _byAddress = new(options.Value.ConnectionsPerAddress, EqualityComparer<IPAddress>.Default);

    /// <summary>Runs a WebSocket to its end, or refuses it.</summary>
    public async Task RunAsync(HttpContext http)
    {
        using var ofAddress = _byAddress.TryTake(ClientNetwork.Of(http.Connection.RemoteIpAddress));
        if (ofAddress is null)
        {
            await RefuseAsync(http, "Too many connections from this address.");
            return;
        }
        using var ofUser = _byUser.TryTake(identity.Of(http.User));
        if (ofUser is null)
        {
            await RefuseAsync(http, "Too many connections of this user.");
            return;
        }
        // What is still to be done once it is over, perhaps when a store is back, takes nobody's place.
        await host.RunAsync(http, () =>
        {
            ofUser.Dispose();
            ofAddress.Dispose();
        });
    }

    private static Task RefuseAsync(HttpContext http, string why)
    {
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        return http.Response.WriteAsync(why);
    }

    /// <summary>Counts what is open, up to a limit each. What has no key is not counted.</summary>
    private sealed class Tally<TKey>(int limit, IEqualityComparer<TKey> comparer) where TKey : class
    {
        private readonly Dictionary<TKey, int> _open = new(comparer);

        public Place? TryTake(TKey? key)
        {
            if (key is null) return new(this, null);
            lock (_open)
            {
                var count = _open.GetValueOrDefault(key);
                if (count >= limit) return null;
                _open[key] = count + 1;
                return new(this, key);
            }
        }

        /// <summary>One that is counted, until it is given back.</summary>
        public sealed class Place(Tally<TKey> tally, TKey? key) : IDisposable
        {
            private TKey? _key = key;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _key, null) is not { } taken) return;
                lock (tally._open)
                    if (--tally._open[taken] is var left && left == 0) tally._open.Remove(taken);
            }
        }
    }
}
