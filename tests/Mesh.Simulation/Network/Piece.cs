using System.Net.WebSockets;

namespace Mesh.Simulation;

/// <summary>What goes over a wire: a part of a message, a close frame, or the end of the connection below.</summary>
internal sealed record Piece(byte[] Bytes, bool IsLast)
{
    /// <summary>The connection below was ended in order: nothing comes any more.</summary>
    public static readonly Piece Nothing = new([], true);

    public WebSocketCloseStatus? Close { get; init; }

    public string? Reason { get; init; }

    public override string ToString() => Close is { } code ? $"close {(int)code} {Reason}" : System.Text.Encoding.UTF8.GetString(Bytes);
}
