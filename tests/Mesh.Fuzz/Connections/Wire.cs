using System.Buffers;
using System.IO.Pipelines;

namespace Mesh.Fuzz;

/// <summary>The server's end of a wire in memory, and what the client's end needs: what was sent stays until it is taken.</summary>
internal sealed class Wire : Stream
{
    private static readonly PipeOptions Unbounded = new(pauseWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Pipe _toServer = new(Unbounded);
    private readonly Stream _reading;
    private readonly MemoryStream _toClient = new();

    public Wire() => _reading = _toServer.Reader.AsStream();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Sends the server bytes.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        _toServer.Writer.Write(bytes);
        _ = _toServer.Writer.FlushAsync().AsTask();
    }

    /// <summary>No more will come.</summary>
    public void End() => _toServer.Writer.Complete();

    /// <summary>What the server has sent since.</summary>
    public byte[] TakeSent()
    {
        var sent = _toClient.ToArray();
        _toClient.SetLength(0);
        return sent;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reading.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => _toClient.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _toClient.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _toClient.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
