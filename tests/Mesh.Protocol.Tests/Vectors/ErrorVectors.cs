namespace Mesh.Protocol.Tests.Vectors;

/// <summary>Protocol §3: which responses are errors.</summary>
public class ErrorVectors
{
    public const string FileName = "errors.json";

    public static IEnumerable<TheoryDataRow<string>> Names => VectorFile.Rows<Case>(FileName);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_client_rejects_with_just_that_or_resolves(string name)
    {
        var (_, payload, expected) = VectorFile.Case<Case>(FileName, name);

        var error = ErrorPayload.Read(payload);

        if (expected is null)
        {
            error.ShouldBeNull();
            return;
        }
        error.ShouldNotBeNull();
        error.Code.ShouldBe(expected.Code);
        error.Message.ShouldBe(expected.Message);
        if (expected.Name is not null) error.Name.ShouldBe(expected.Name);
    }

    public sealed record Case(string Name, RawJson Payload = default, Error? Error = null) : IVectorCase;

    public sealed record Error(string Code, string Message, string? Name = null);
}
