namespace Mesh.Client.Tests;

/// <summary>When to try again (protocol §14): the numbers of the browser client.</summary>
public sealed class ReconnectPolicyTests
{
    private const double Latest = 0.999999;
    private const double Earliest = 0;

    [Fact]
    public void The_first_attempt_comes_within_250_ms()
    {
        Milliseconds(0, 0, Earliest).ShouldBe(0);
        Milliseconds(0, 0, Latest).ShouldBe(250);
    }

    [Theory]
    [InlineData(1, 500)]
    [InlineData(2, 1_000)]
    [InlineData(3, 2_000)]
    [InlineData(4, 2_000)]
    [InlineData(50, 2_000)]
    [InlineData(int.MaxValue, 2_000)]
    public void Attempts_double_up_to_2_s_in_the_first_minute(int attempt, int longest) =>
        Milliseconds(attempt, 59_999, Latest).ShouldBe(longest);

    [Theory]
    [InlineData(60_000, 2_000)]
    [InlineData(300_000, 10_000)]
    [InlineData(86_400_000, 30_000)]
    public void Later_they_grow_with_the_outage_up_to_30_s(double elapsed, int longest) =>
        Milliseconds(5_000, elapsed, Latest).ShouldBe(longest);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(500)]
    public void Each_delay_has_jitter_of_half_of_it(int attempt) =>
        Milliseconds(attempt, 90_000, Earliest).ShouldBe(Milliseconds(attempt, 90_000, Latest) / 2, tolerance: 1);

    [Fact]
    public void What_may_have_caused_the_close_is_not_sent_again() =>
        Enumerable.Range(1000, 4000).Where(ReconnectPolicy.WasRefused).ShouldBe([1003, 1007, 1009]);

    private static double Milliseconds(int attempt, double elapsed, double random) =>
        Math.Round(ReconnectPolicy.Delay(attempt, TimeSpan.FromMilliseconds(elapsed), random).TotalMilliseconds);
}
