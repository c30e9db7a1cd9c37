namespace Mesh.Client.Tests;

/// <summary>How and where the application is called, and when not any more.</summary>
public sealed class CallbackTests : Scenario
{
    public override async ValueTask InitializeAsync() => await StartAsync();

    [Fact]
    public async Task Callbacks_come_on_the_context_and_one_at_a_time()
    {
        using var context = new QueueContext();
        var client = await ConnectAsync();
        var (inside, overlaps, strays, updates) = (0, 0, 0, 0);
        var presence = Own(await context.RunAsync(() => client.CreatePresence(new PresenceOptions<State>
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifier = state => state?.UserId,
            OnUpdate = users => Visit(users.Count),
            OnFreshness = _ => Visit(0),
        })).InTimeAsync());
        for (var round = 0; round < 50; round++) await presence.PublishAsync(new("alice", $"{round}")).InTimeAsync();
        await Wait.UntilAsync(() => Volatile.Read(ref updates) > 1);
        (overlaps, strays).ShouldBe((0, 0));

        void Visit(int users)
        {
            if (Interlocked.Increment(ref inside) > 1) overlaps++;
            if (!context.IsCurrent) strays++;
            Thread.Yield();
            updates += users;
            Interlocked.Decrement(ref inside);
        }
    }

    [Fact]
    public async Task A_slow_callback_skips_and_gets_the_newest()
    {
        using var free = new ManualResetEventSlim();
        var viewer = View(await ConnectAsync(), options: it => new()
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifier = state => state?.UserId,
            OnUpdate = users =>
            {
                it.OnUpdate(users);
                free.Wait();
            },
        });
        for (var round = 0; round < 50; round++) await viewer.SayAsync("alice", $"{round}");
        Viewer.Text(viewer.Presence.Users).ShouldBe("alice: 49 (1)");
        viewer.Updates.Count.ShouldBe(1);
        free.Set();
        await viewer.ShowsAsync("alice: 49 (1)");
        viewer.Updates.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_a_callback_throws_stops_nothing()
    {
        ExpectsFailures = true;
        var viewer = View(await ConnectAsync(), options: it => new()
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifier = state => state?.UserId,
            OnFreshness = _ => throw new InvalidOperationException("The application's own."),
            OnUpdate = users =>
            {
                it.OnUpdate(users);
                throw new InvalidOperationException("The application's own.");
            },
        });
        await viewer.SayAsync("alice", "here");
        await viewer.ShowsAsync("alice: here (1)");
        await viewer.SayAsync("alice", "busy");
        await viewer.ShowsAsync("alice: busy (1)");
        await Wait.UntilAsync(() => LoggedFailures("OnUpdate") >= 2 && LoggedFailures("OnFreshness") == 1);
    }

    [Fact]
    [Trait("Fault", "5")]
    public async Task After_disposing_nobody_is_called_and_nothing_is_published()
    {
        var client = await ConnectAsync();
        var viewer = View(client);
        await viewer.SayAsync("alice", "here");
        var bob = View(await ConnectAsync());
        await bob.ShowsAsync("alice: here (1)");
        await viewer.Presence.DisposeAsync().InTimeAsync();
        await viewer.Presence.DisposeAsync().InTimeAsync();
        var updates = viewer.Updates.Count;
        await bob.ShowsAsync();
        await bob.SayAsync("bob", "here");
        (await Should.ThrowAsync<MeshException>(viewer.SayAsync("alice", "again"))).Code.ShouldBe(ErrorCodes.Disposed);
        viewer.Presence.IsFresh.ShouldBeFalse();
        viewer.Updates.Count.ShouldBe(updates);
        await bob.ShowsAsync("bob: here (1)");
        (await client.CommandAsync<string>("echo", "still connected").InTimeAsync()).ShouldBe("still connected");
    }

    [Fact]
    [Trait("Fault", "5")]
    public async Task Can_be_disposed_at_any_moment()
    {
        var client = await ConnectAsync();
        var bob = View(await ConnectAsync());
        for (var round = 0; round < 40; round++)
        {
            var viewer = View(client);
            var publishing = viewer.SayAsync("alice", $"{round}");
            for (var yields = 0; yields < round; yields++) await Task.Yield();
            if (round % 5 == 4) await Wait.UntilAsync(() => viewer.Updates.Count > 0);
            await viewer.Presence.DisposeAsync().InTimeAsync();
            try
            {
                await publishing;
            }
            catch (MeshException disposed)
            {
                disposed.Code.ShouldBe(ErrorCodes.Disposed);
            }
        }
        await bob.SayAsync("bob", "here");
        await bob.ShowsAsync("bob: here (1)");
    }

    [Fact]
    public async Task Who_waits_for_what_is_disposed_is_told_so()
    {
        var viewer = View(NewClient());
        var publishing = viewer.SayAsync("alice", "never");
        var watching = viewer.Presence.WatchAsync().GetAsyncEnumerator();
        var next = watching.MoveNextAsync().AsTask();
        await viewer.Presence.DisposeAsync().InTimeAsync();
        (await Should.ThrowAsync<MeshException>(publishing)).Code.ShouldBe(ErrorCodes.Disposed);
        (await Should.ThrowAsync<MeshException>(viewer.Presence.Ready.InTimeAsync())).Code.ShouldBe(ErrorCodes.Disposed);
        (await next.InTimeAsync()).ShouldBeFalse();
        await watching.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_waits_for_the_callback_that_runs_but_not_within_it()
    {
        using var free = new ManualResetEventSlim();
        var viewer = View(await ConnectAsync(), options: it => new()
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifier = state => state?.UserId,
            OnUpdate = users =>
            {
                it.OnUpdate(users);
                free.Wait();
            },
        });
        await Wait.UntilAsync(() => viewer.Updates.Count == 1);
        var disposing = viewer.Presence.DisposeAsync().AsTask();
        disposing.IsCompleted.ShouldBeFalse();
        free.Set();
        await disposing.InTimeAsync();

        var within = new TaskCompletionSource();
        Presence<State>? other = null;
        var client = await ConnectAsync();
        var made = new TaskCompletionSource();
        other = client.CreatePresence(new PresenceOptions<State>
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifier = state => state?.UserId,
            OnUpdate = _ =>
            {
                made.Task.Wait();
                other!.DisposeAsync().AsTask().Wait(Wait.Limit);
                within.SetResult();
            },
        });
        made.SetResult();
        await within.Task.InTimeAsync();
    }

    [Fact]
    public async Task After_disposing_nobody_is_asked_whose_a_state_is()
    {
        foreach (var user in new[] { "alice", "bob", "carol" }) await View(await ConnectAsync()).SayAsync(user, "here");
        using var free = new ManualResetEventSlim();
        var asked = 0;
        var presence = Own((await ConnectAsync()).CreatePresence(new PresenceOptions<State>
        {
            Room = "general",
            StorageKey = "state",
            StateIdentifier = state =>
            {
                Interlocked.Increment(ref asked);
                free.Wait();
                return state?.UserId;
            },
        }));
        await Wait.UntilAsync(() => Volatile.Read(ref asked) == 1);
        var disposing = presence.DisposeAsync().AsTask();
        free.Set();
        await disposing.InTimeAsync();
        asked.ShouldBe(1);
        presence.Users.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_watches_gets_the_newest_and_holds_up_nobody()
    {
        var client = await ConnectAsync();
        var viewer = View(client);
        await using var slow = viewer.Presence.WatchAsync().GetAsyncEnumerator();
        (await slow.MoveNextAsync().AsTask().InTimeAsync()).ShouldBeTrue();
        slow.Current.Users.ShouldBeEmpty();
        for (var round = 0; round < 20; round++) await viewer.SayAsync("alice", $"{round}");
        (await slow.MoveNextAsync().AsTask().InTimeAsync()).ShouldBeTrue();
        slow.Current.ShouldSatisfyAllConditions(view => Viewer.Text(view.Users).ShouldBe("alice: 19 (1)"), view => view.IsFresh.ShouldBeTrue());
        var next = slow.MoveNextAsync().AsTask();
        next.IsCompleted.ShouldBeFalse();
        await client.CloseAsync().InTimeAsync();
        (await next.InTimeAsync()).ShouldBeTrue();
        slow.Current.IsFresh.ShouldBeFalse();
        slow.Current.Users.ShouldBeSameAs(viewer.Presence.Users);
    }

    [Fact]
    public async Task Who_watches_may_stop_at_any_time()
    {
        var viewer = View(await ConnectAsync());
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        var watching = Task.Run(async () =>
        {
            await foreach (var _ in viewer.Presence.WatchAsync(cancel.Token)) seen++;
        });
        await Wait.UntilAsync(() => seen == 1);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(watching.InTimeAsync());
        await foreach (var view in viewer.Presence.WatchAsync()) if (view.IsFresh) break;
        using var late = new CancellationTokenSource();
        var publishing = View(NewClient()).Presence.PublishAsync(new("alice", "never"), cancellationToken: late.Token);
        await late.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(publishing.InTimeAsync());
    }
}
