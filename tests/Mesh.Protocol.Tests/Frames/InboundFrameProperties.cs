using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Mesh.Protocol.Tests.Frames;

/// <summary>Protocol §2: no input ends the process or another connection. Known fault 11.</summary>
public class InboundFrameProperties
{
    private static readonly string[] Frames =
    [
        """{"id":1,"command":"echo","payload":{"x":[1,2,{"y":null}]}}""",
        """{"id":"a\u0041","command":"mesh\/noop"}""",
        """ { "payload" : "\ud83c\udf89" , "v":{"id":2}, "command" : "pong" } """,
        """{"id":[1.0,-0,1e400],"command":"mesh/enter","payload":{"rooms":[{"roomName":"general"}]}}""",
        "[{\"id\":1}]",
        "null",
    ];

    /// <summary>Bytes that mean something in JSON or UTF-8, and any others.</summary>
    private static readonly Gen<byte> Byte = Gen.OneOf(Gen.Byte, OneOf("{}[]\",:\\u0d8 \n-1eE.tfn"u8.ToArray()));

    private static Gen<T> OneOf<T>(IReadOnlyList<T> values) => Gen.Int[0, values.Count - 1].Select(at => values[at]);

    [Fact]
    public void Random_bytes_never_make_it_throw() => Byte.Array[0, 200].Sample(Check, iter: 20_000);

    [Fact]
    public void Mutated_frames_never_make_it_throw() =>
        Gen.Select(OneOf(Frames), Gen.Select(Gen.Int[0, 99], Gen.Int[0, 2], Byte).Array[0, 6]).Sample((frame, edits) =>
        {
            List<byte> bytes = [.. Encoding.UTF8.GetBytes(frame)];
            foreach (var (where, how, what) in edits)
            {
                var at = where % (bytes.Count + 1);
                if (how == 0 || at == bytes.Count) bytes.Insert(at, what);
                else if (how == 1) bytes[at] = what;
                else bytes.RemoveAt(at);
            }
            Check([.. bytes]);
        }, iter: 20_000);

    [Fact]
    public void Frames_cut_short_never_make_it_throw()
    {
        foreach (var frame in Frames)
            for (var length = 0; length <= frame.Length; length++) Check(Encoding.UTF8.GetBytes(frame[..length]));
    }

    private static void Check(byte[] bytes)
    {
        var frame = InboundFrame.Parse(bytes);
        (frame.Kind == FrameKind.NotJson).ShouldBe(!IsJson(bytes));
        if (frame.Kind == FrameKind.Request) frame.Id.IsAbsent.ShouldBeFalse();
        foreach (var slice in (RawJson[])[frame.Id, frame.Payload])
            if (!slice.IsAbsent) IsJson(slice.Utf8).ShouldBeTrue();
    }

    private static bool IsJson(ReadOnlyMemory<byte> bytes)
    {
        if (!Utf8.IsValid(bytes.Span)) return false;
        try
        {
            using var document = JsonDocument.Parse(bytes, new() { MaxDepth = InboundFrame.DeepestNesting });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
