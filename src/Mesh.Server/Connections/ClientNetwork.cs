using System.Net;
using System.Net.Sockets;

namespace Mesh.Server;

/// <summary>What stands for whoever has an address.</summary>
internal static class ClientNetwork
{
    private const int NetworkBytes = 8;

    // Of IPv6 whoever has one address has a network of 64 bits.
    public static IPAddress? Of(IPAddress? address)
    {
        if (address is null) return null;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new(bytes);
    }
}
