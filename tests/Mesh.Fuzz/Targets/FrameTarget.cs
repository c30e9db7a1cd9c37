using System.Text;

namespace Mesh.Fuzz;

/// <summary>One message, as the frame reader reads it: it never throws, and what it reads is what there is (protocol §2, §3).</summary>
internal sealed class FrameTarget : ITarget
{
    public const string Name = "frame";

    public IReadOnlyList<byte[]> Seeds { get; } = [.. Words.Frames.Select(Encoding.UTF8.GetBytes)];

    public IMutator Mutator { get; } = new JsonMutator(mostBytes: 2048);

    public ValueTask<string?> RunAsync(byte[] input)
    {
        var frame = InboundFrame.Parse(input);
        var wrong = FrameModel.Compare(input, frame);
        return new(wrong is null ? null : $"{wrong}: {Encoding.UTF8.GetString(input)} is read as {frame}");
    }
}
