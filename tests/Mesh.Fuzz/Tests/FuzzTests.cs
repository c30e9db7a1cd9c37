using Shouldly;
using Xunit;

namespace Mesh.Fuzz.Tests;

/// <summary>A short run of each target, from the corpus on; many more by command: docs/fuzzing.md.</summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData(FrameTarget.Name, 5_000)]
    [InlineData(ConnectionTarget.Name, 150)]
    public void A_short_run_finds_nothing(string target, int executions)
    {
        var (code, lines) = Run(Options(target) with { Executions = executions });
        lines.Where(IsFinding).ShouldBeEmpty();
        code.ShouldBe(0);
    }

    [Theory]
    [InlineData(FrameTarget.Name)]
    [InlineData(ConnectionTarget.Name)]
    public void The_corpus_finds_nothing(string target)
    {
        var options = Options(target);
        var (code, lines) = Run(options with { Replay = options.Corpus });
        lines.Where(IsFinding).ShouldBeEmpty();
        lines[^1].ShouldBe($"{Directory.GetFiles(options.Corpus).Length} inputs, 0 findings.");
        code.ShouldBe(0);
    }

    [Fact]
    public void What_is_planted_is_found_and_can_be_replayed()
    {
        var findings = Directory.CreateTempSubdirectory("mesh-fuzz-").FullName;
        // It ends with the first: where that is depends on how the instrumentation came out.
        var options = Options(ConnectionTarget.Name) with { IsPlanted = true, Executions = 200_000, MostFindings = 1, Findings = findings };
        try
        {
            var (code, lines) = Run(options);
            code.ShouldBe(1);
            lines.ShouldContain(it => IsFinding(it) && it.Contains("plant", StringComparison.Ordinal));

            var (again, found) = Run(options with { Replay = findings });
            again.ShouldBe(1);
            found.ShouldContain(it => IsFinding(it) && it.Contains("plant", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(findings, recursive: true);
        }
    }

    [Theory]
    [InlineData]
    [InlineData("--target", "nothing")]
    [InlineData("--target", "frame", "--executions", "many")]
    [InlineData("--target", "frame", "--seed")]
    [InlineData("--target", "frame", "--fast")]
    public void Options_that_are_wrong_are_refused(params string[] arguments) => Should.Throw<FormatException>(() => FuzzOptions.Parse(arguments));

    private static FuzzOptions Options(string target) => FuzzOptions.Parse(["--target", target]);

    private static (int Code, List<string> Lines) Run(FuzzOptions options)
    {
        List<string> lines = [];
        return (Command.Run(options, lines.Add), lines);
    }

    private static bool IsFinding(string line) => line.StartsWith("FOUND", StringComparison.Ordinal);
}
