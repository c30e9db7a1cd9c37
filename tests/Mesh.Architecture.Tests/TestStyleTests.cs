namespace Mesh.Architecture.Tests;

/// <summary>A test waits for a condition, never for a fixed time.</summary>
public sealed class TestStyleTests
{
    // Written apart, so that this file is not found itself.
    public static TheoryData<string> Sleeps => ["Thread" + ".Sleep(", "WaitForTimeout" + "Async("];

    [Theory]
    [MemberData(nameof(Sleeps))]
    public void No_test_sleeps(string call) =>
        Repository.Files("tests", "*.cs").Where(file => Repository.Read(file).Contains(call, StringComparison.Ordinal)).ShouldBeEmpty();
}
