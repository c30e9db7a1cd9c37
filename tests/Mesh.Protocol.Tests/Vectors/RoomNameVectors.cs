using System.Text.Json;

namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §6: what a room may be called.</summary>
public class RoomNameVectors
{
    public const string FileName = "room-names.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<Case>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void Validation_says_so(string name)
    {
        var (_, valid, roomName) = VectorFile.Case<Case>(FileName, name);
        RoomName.IsValid(TextOf(roomName)).ShouldBe(valid);
    }

    private static string? TextOf(RawJson value)
    {
        if (value.IsAbsent) return null;
        var reader = new Utf8JsonReader(value.Utf8.Span);
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : null;
    }

    public sealed record Case(string Name, bool Valid, RawJson RoomName = default) : IVectorCase;
}
