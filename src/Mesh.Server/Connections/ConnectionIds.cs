using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mesh.Server;

/// <summary>Makes the ids of connections. Time first, so that they sort by age; the rest can't be guessed.</summary>
internal class ConnectionIds(TimeProvider time)
{
    public string Next()
    {
        Span<byte> bytes = stackalloc byte[14];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        Fill(bytes[6..]);
        return "conn-" + Convert.ToHexStringLower(bytes);
    }

    /// <summary>A simulation is to come out the same each time.</summary>
    protected virtual void Fill(Span<byte> unguessable) => RandomNumberGenerator.Fill(unguessable);
}
