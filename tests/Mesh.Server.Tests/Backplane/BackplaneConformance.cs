using System.Collections.Concurrent;
using System.Text;

namespace Mesh.Server.Tests.Backplane;

/// <summary>What every <see cref="IBackplane"/> does. A backend derives from this, and passes.</summary>
public abstract class BackplaneConformance
{
    /// <summary>Its <see cref="IBackplane"/>.</summary>
    protected abstract ValueTask<IBackplane> CreateAsync();

    [Fact]
    public async Task What_is_sent_is_received_once_by_everyone_the_sender_included_in_order()
    {
        var backplane = await CreateAsync();
        var first = new ConcurrentQueue<Broadcast>();
        var second = new ConcurrentQueue<Broadcast>();
        backplane.Received += first.Enqueue;
        backplane.Received += second.Enqueue;
        for (var at = 0; at < 50; at++)
            await backplane.SendAsync(new(at % 2 == 0 ? null : $"room {at} }}{{", Encoding.UTF8.GetBytes($"frame {at}"), [$"conn-{at}", "ü"]), TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => first.Count >= 50 && second.Count >= 50);

        foreach (var received in new[] { first, second })
        {
            received.Count.ShouldBe(50);
            foreach (var (at, broadcast) in received.Index())
            {
                broadcast.Room.ShouldBe(at % 2 == 0 ? null : $"room {at} }}{{");
                Encoding.UTF8.GetString(broadcast.Frame.Span).ShouldBe($"frame {at}");
                broadcast.Except.Order(StringComparer.Ordinal).ShouldBe([$"conn-{at}", "ü"]);
            }
        }
    }

    [Fact]
    public async Task Who_is_revoked_is_told_to_everyone()
    {
        var backplane = await CreateAsync();
        var first = new ConcurrentQueue<string>();
        var second = new ConcurrentQueue<string>();
        backplane.Revoked += first.Enqueue;
        backplane.Revoked += second.Enqueue;
        foreach (var user in new[] { "alice", "b}o{b\n\0ü" }) await backplane.RevokeAsync(user, TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => first.Count >= 2 && second.Count >= 2);
        first.ShouldBe(["alice", "b}o{b\n\0ü"]);
        second.ShouldBe(first);
    }

    [Fact]
    public async Task Sending_to_nobody_is_no_fault() =>
        await (await CreateAsync()).SendAsync(new(null, "x"u8.ToArray(), []), TestContext.Current.CancellationToken);
}
