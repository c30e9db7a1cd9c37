namespace Mesh.Server.Tests.Connections;

public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_burst_is_free_then_each_token_is_waited_for_and_after_a_second_of_waiting_there_is_none()
    {
        var bucket = new TokenBucket(10, 5, _time);
        for (var at = 0; at < 5; at++) (await bucket.TakeAsync(Cancellation)).ShouldBeTrue();
        for (var at = 0; at < 10; at++)
        {
            var taking = bucket.TakeAsync(Cancellation).AsTask();
            _time.Advance(TimeSpan.FromMilliseconds(99));
            taking.IsCompleted.ShouldBeFalse();
            _time.Advance(TimeSpan.FromMilliseconds(1));
            (await taking.WaitAsync(Wait.Limit, Cancellation)).ShouldBeTrue();
        }
        for (var at = 0; at < 3; at++) (await bucket.TakeAsync(Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_pause_pays_for_all_and_tokens_are_no_more_than_the_burst()
    {
        var bucket = new TokenBucket(10, 5, _time);
        for (var at = 0; at < 15; at++)
        {
            var taking = bucket.TakeAsync(Cancellation).AsTask();
            if (at >= 5) _time.Advance(TimeSpan.FromMilliseconds(100));
            await taking.WaitAsync(Wait.Limit, Cancellation);
        }
        (await bucket.TakeAsync(Cancellation)).ShouldBeFalse();
        _time.Advance(TimeSpan.FromMinutes(1));
        for (var at = 0; at < 5; at++) (await bucket.TakeAsync(Cancellation)).ShouldBeTrue();
        var next = bucket.TakeAsync(Cancellation).AsTask();
        next.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        (await next.WaitAsync(Wait.Limit, Cancellation)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_wait_ends_with_the_connection()
    {
        using var gone = new CancellationTokenSource();
        var bucket = new TokenBucket(1, 1, _time);
        await bucket.TakeAsync(gone.Token);
        var taking = bucket.TakeAsync(gone.Token).AsTask();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => taking.WaitAsync(Wait.Limit, Cancellation));
    }

    [Fact]
    public async Task What_costs_more_than_there_is_waits_for_all_of_it_and_what_comes_next_waits_too()
    {
        var bucket = new TokenBucket(10, 20, _time);
        (await bucket.TakeAsync(Cancellation)).ShouldBeTrue();
        await bucket.PayAsync(19, Cancellation);
        var paying = bucket.PayAsync(30, Cancellation).AsTask();
        _time.Advance(TimeSpan.FromSeconds(2.9));
        paying.IsCompleted.ShouldBeFalse();
        var next = bucket.TakeAsync(Cancellation).AsTask();
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await paying.WaitAsync(Wait.Limit, Cancellation);
        next.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(0.1));
        (await next.WaitAsync(Wait.Limit, Cancellation)).ShouldBeTrue();
    }
}
