using System.Text;

namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §2 and §3: what a server makes of a text message.</summary>
public class FrameVectors
{
    public const string FileName = "frames.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<Case>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void Parsing_gives_just_that(string name)
    {
        var (_, text, hex, expected, reaction) = VectorFile.Case<Case>(FileName, name);
        var bytes = hex is null ? Encoding.UTF8.GetBytes(text.ShouldNotBeNull()) : Convert.FromHexString(hex);

        var frame = InboundFrame.Parse(bytes);

        if (expected is null)
        {
            ReactionTo(frame).ShouldBe(reaction.ShouldNotBeNull());
            return;
        }
        reaction.ShouldBeNull();
        frame.Kind.ShouldBe(expected.Command is CommandNames.Pong or CommandNames.LatencyResponse ? FrameKind.Liveness : FrameKind.Request);
        frame.Id.ShouldBe(expected.Id);
        frame.Command.ShouldBe(expected.Command);
        frame.Payload.ShouldBe(expected.Payload);
    }

    private static string ReactionTo(InboundFrame frame) => frame.Kind switch
    {
        FrameKind.Ignored => "ignored",
        FrameKind.Invalid => ErrorCodes.Invalid,
        FrameKind.NotJson => $"close {CloseCodes.NotJson}",
        var other => other.ToString(),
    };

    public sealed record Case(string Name, string? Text = null, string? Hex = null, Frame? Frame = null, string? Reaction = null) : IVectorCase;

    public sealed record Frame(string Command, RawJson Id = default, RawJson Payload = default);
}
