using System.Net;
using System.Net.Sockets;

namespace Mesh.Testing;

/// <summary>Ports for servers that come back on the same one.</summary>
public static class FreePort
{
    // Below the ports that systems give to outgoing connections, which could take one while its server is away.
    private const int First = 20_000;
    private const int Count = 10_000;

    private static int _last = Random.Shared.Next(Count);

    public static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % Count);
            using var attempt = new TcpListener(IPAddress.Loopback, port);
            try
            {
                attempt.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}
