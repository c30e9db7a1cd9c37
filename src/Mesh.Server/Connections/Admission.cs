using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Lets WebSockets in as long as their user and their address have not too many on this node (protocol §12).</summary>
internal sealed class Admission(ConnectionHost host, UserIdentity identity, IOptions<MeshOptions> options)
{
    private const int NetworkBytes = 8;

    private readonly Tally<string> _byUser = new(options.Value.ConnectionsPerUser, StringComparer.Ordinal);
    private readonly Tally<IPAddress> _byAddress = new(options.Value.ConnectionsPerAddress, EqualityComparer<IPAddress>.Default);

    /// <summary>Runs a WebSocket to its end, or refuses it.</summary>
    public async Task RunAsync(HttpContext http)
    {
        var (user, address) = (identity.Of(http.User), NetworkOf(http.Connection.RemoteIpAddress));
        if (!_byAddress.TryAdd(address))
        {
            await RefuseAsync(http, "Too many connections from this address.");
            return;
        }
        try
        {
            if (!_byUser.TryAdd(user))
            {
                await RefuseAsync(http, "Too many connections of this user.");
                return;
            }
            try
            {
                await host.RunAsync(http);
            }
            finally
            {
                _byUser.Remove(user);
            }
        }
        finally
        {
            _byAddress.Remove(address);
        }
    }

    private static Task RefuseAsync(HttpContext http, string why)
    {
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        return http.Response.WriteAsync(why);
    }

    // Of IPv6 whoever has one address has a network of 64 bits.
    private static IPAddress? NetworkOf(IPAddress? address)
    {
        if (address is null) return null;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new(bytes);
    }

    /// <summary>Counts what is open, up to a limit each. What has no key is not counted.</summary>
    private sealed class Tally<TKey>(int limit, IEqualityComparer<TKey> comparer) where TKey : class
    {
        private readonly Dictionary<TKey, int> _open = new(comparer);

        public bool TryAdd(TKey? key)
        {
            if (key is null) return true;
            lock (_open)
            {
                var count = _open.GetValueOrDefault(key);
                if (count >= limit) return false;
                _open[key] = count + 1;
                return true;
            }
        }

        public void Remove(TKey? key)
        {
            if (key is null) return;
            lock (_open)
                if (--_open[key] is var left && left == 0) _open.Remove(key);
        }
    }
}
