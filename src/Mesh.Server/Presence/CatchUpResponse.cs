using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Answers that hold whole rosters: each is a part of the message of its own, in bytes that all receivers share.</summary>
internal static class CatchUpResponse
{
    /// <summary>Sends the answer to <c>mesh/enter</c>.</summary>
    public static ValueTask SendAsync(CommandContext context, IReadOnlyList<(EnteredRoom Room, ReadOnlyMemory<byte> Snapshot)> rooms)
    {
        var message = new PartedResponse(context);
        message.Write("{\"rooms\":["u8);
        for (var at = 0; at < rooms.Count; at++)
        {
            if (at > 0) message.Write(","u8);
            message.Write(rooms[at].Room, ServerJson.Default.EnteredRoom, rooms[at].Snapshot);
        }
        message.Write("]}"u8);
        return message.SendAsync(context);
    }

    /// <summary>Sends the answer to a subscription.</summary>
    public static ValueTask SendAsync<T>(CommandContext context, T answer, JsonTypeInfo<T> type, ReadOnlyMemory<byte> snapshot)
    {
        var message = new PartedResponse(context);
        message.Write(answer, type, snapshot);
        return message.SendAsync(context);
    }

    /// <summary>The parts of an answer whose payload is shared bytes.</summary>
    public static ReadOnlyMemory<byte>[] Of(CommandContext context, ReadOnlyMemory<byte> payload)
    {
        var message = new PartedResponse(context);
        message.Append(payload);
        return message.End();
    }

    private sealed class PartedResponse
    {
        private readonly List<ReadOnlyMemory<byte>> _parts = [];
        private ArrayBufferWriter<byte> _part = new();

        public PartedResponse(CommandContext context)
        {
            Write("{\"id\":"u8);
            Write(context.Frame.Id.Utf8.Span);
            Write(",\"command\":\""u8);
            Write(JsonEncodedText.Encode(context.Command).EncodedUtf8Bytes);
            Write("\",\"payload\":"u8);
        }

        public void Write(ReadOnlySpan<byte> bytes) => _part.Write(bytes);

        public void Write<T>(T value, JsonTypeInfo<T> type, ReadOnlyMemory<byte> snapshot)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(value, type).AsSpan();
            if (snapshot.IsEmpty)
            {
                Write(json);
                return;
            }
            Write(json[..^1]);
            Write(",\"snapshot\":"u8);
            Append(snapshot);
            Write("}"u8);
        }

        /// <summary>Adds bytes that are shared, as a part of their own.</summary>
        public void Append(ReadOnlyMemory<byte> shared)
        {
            _parts.Add(_part.WrittenMemory);
            _parts.Add(shared);
            _part = new();
        }

        public ReadOnlyMemory<byte>[] End()
        {
            Write("}"u8);
            _parts.Add(_part.WrittenMemory);
            return [.. _parts];
        }

        public ValueTask SendAsync(CommandContext context)
        {
            context.Answer();
            return context.Transport.SendSnapshotAsync(End());
        }
    }
}
