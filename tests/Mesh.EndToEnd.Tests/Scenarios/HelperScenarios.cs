namespace Mesh.EndToEnd.Tests;

/// <summary>Presence helpers, several of them, and what applications do with them.</summary>
public sealed class HelperScenarios(Chromium chromium) : Scenario(chromium)
{
    [Fact]
    [Trait("Fault", "3")]
    public async Task An_identifier_may_be_asynchronous_or_return_a_number_or_nothing()
    {
        await BeginAsync();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.RunAsync("""
            await connect();
            present("number", { stateIdentifier: (state) => state.account });
            present("later", { stateIdentifier: async (state) => "user " + state.account });
            present("nobody", { stateIdentifier: () => null });
            present("broken", { stateIdentifier: () => { throw new Error("no"); } });
            present("refused", { stateIdentifier: async () => { throw new Error("no"); } });
            present("everybody");
            await number.publish({ account: 7, userId: "alice", status: "once" });
            """);

        await alice.HelperShowsAsync("number", "7: once (tabs: 1)");
        await alice.HelperShowsAsync("later", "user 7: once (tabs: 1)");
        await alice.HelperShowsAsync("everybody", "alice: once (tabs: 1)");
        foreach (var helper in new[] { "nobody", "broken", "refused" }) await alice.HelperShowsAsync(helper);

        await alice.RunAsync("await later.publish({ account: 7, userId: 'alice', status: 'twice' })");
        await alice.HelperShowsAsync("number", "7: twice (tabs: 1)");
        await alice.HelperShowsAsync("later", "user 7: twice (tabs: 1)");
        // No view ever showed another id, or one user twice.
        (await alice.ViewsAsync("later")).SelectMany(view => view).ShouldBe(["user 7: once (tabs: 1)", "user 7: twice (tabs: 1)"]);
        (await alice.ViewsAsync("number")).SelectMany(view => view).ShouldBe(["7: once (tabs: 1)", "7: twice (tabs: 1)"]);
        foreach (var helper in new[] { "nobody", "broken", "refused" }) (await alice.ViewsAsync(helper)).SelectMany(view => view).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("state => state?.userId")]
    [InlineData("async state => state?.userId")]
    [Trait("Fault", "4")]
    [Trait("Fault", "1")]
    public async Task Joining_a_room_of_many_members_updates_once(string identifier)
    {
        await BeginAsync();
        for (var at = 1; at <= 30; at++) await (await ConnectPlainAsync()).PublishAsync("general", new { userId = $"user {at:00}", status = "here" });
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);

        await alice.RunAsync($"await connect(); present('users', {{ stateIdentifier: {identifier} }});");
        await alice.ShowsAsync([.. Enumerable.Range(1, 30).Select(at => $"user {at:00}: here (tabs: 1)")]);
        await alice.SayAsync("new");

        await alice.UntilAsync("views.users.at(-1).length === 31");
        var views = await alice.ViewsAsync();
        views.Select(view => view.Length).ShouldBe([30, 31]);
    }

    [Fact]
    [Trait("Fault", "5")]
    public async Task Two_helpers_in_one_room_live_and_end_by_themselves()
    {
        await BeginAsync();
        var bob = await ConnectPlainAsync();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.RunAsync("await connect(); present('one'); present('two'); await two.publish({ userId: 'alice', status: 'here' });");
        foreach (var helper in new[] { "one", "two" }) await alice.HelperShowsAsync(helper, "alice: here (tabs: 1)");

        await alice.RunAsync("await one.dispose()");
        await bob.PublishAsync("general", new { userId = "bob", status = "hello" });
        await alice.HelperShowsAsync("two", "alice: here (tabs: 1)", "bob: hello (tabs: 1)");
        await alice.HelperShowsAsync("one", "alice: here (tabs: 1)");
        await alice.RunAsync("await two.publish({ userId: 'alice', status: 'still here' })");
        await alice.HelperShowsAsync("two", "alice: still here (tabs: 1)", "bob: hello (tabs: 1)");

        (await alice.ValueAsync<string>("outcome(one.publish({ userId: 'alice' }))")).ShouldBe("EDISPOSED");
        await alice.RunAsync("await two.dispose()");
        await bob.PublishAsync("general", new { userId = "bob", status = "goodbye" });
        await Observer.LogIsAsync(
            "join 1", "state 1 alice/here", "join 2", "state 2 bob/hello", "state 1 alice/still here", "leave 1", "state 2 bob/goodbye");
        (await alice.ValueAsync<string>("outcome(two.publish({ userId: 'alice' }))")).ShouldBe("EDISPOSED");
        (await alice.ViewsAsync("one")).Length.ShouldBe(1);
    }

    [Fact]
    [Trait("Fault", "5")]
    public async Task Helpers_that_come_and_go_leave_nothing_behind()
    {
        await BeginAsync();
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        await alice.RunAsync("""
            window.listeners = 0;
            const { addEventListener, removeEventListener } = EventTarget.prototype;
            for (const target of [window, document]) {
              target.addEventListener = function (...args) { listeners++; addEventListener.apply(this, args); };
              target.removeEventListener = function (...args) { listeners--; removeEventListener.apply(this, args); };
            }
            await connect();
            window.before = listeners;
            """);
        network.Delay = TimeSpan.FromMilliseconds(20);

        // Disposed before the join has finished, after it, and in the middle of a publish.
        await alice.RunAsync("""
            for (let i = 0; i < 5; i++) {
              present(`early${i}`).dispose();
              await present(`late${i}`).ready;
              await window[`late${i}`].dispose();
              const middle = present(`middle${i}`);
              const published = outcome(middle.publish({ userId: "alice", status: "never mind" }));
              await middle.dispose();
              if (await published !== "EDISPOSED") throw new Error("published after all");
            }
            """);

        (await alice.ValueAsync<int>("listeners - before")).ShouldBe(0);
        await Observer.SettleAsync(TimeSpan.FromMilliseconds(500));
        Observer.View.ShouldBeEmpty();
        await alice.RunAsync("await client.close()");
        (await alice.ValueAsync<int>("listeners")).ShouldBe(0);
        (await alice.ViewsAsync("early0")).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Fault", "6")]
    public async Task Two_rooms_keep_their_states_apart_whatever_happens_to_the_tab()
    {
        await BeginAsync("--Mesh:Grace=00:00:01");
        var red = await ObserveAsync("red");
        var blue = await ObserveAsync("blue");
        var network = NewNetwork();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(network.Origin);
        await alice.RunAsync("""
            await connect();
            present("one", { room: "red" });
            present("two", { room: "blue" });
            await Promise.all([one.publish({ userId: "alice", status: "red" }), two.publish({ userId: "alice", status: "blue" })]);
            """);
        await alice.HelperShowsAsync("one", "alice: red (tabs: 1)");
        await alice.HelperShowsAsync("two", "alice: blue (tabs: 1)");

        // Return to the tab.
        await alice.RunAsync("""
            for (const [target, name] of [[document, "visibilitychange"], [window, "pageshow"], [window, "focus"], [window, "online"]])
              target.dispatchEvent(new Event(name));
            await client.command("mesh/noop");
            """);
        await red.LogIsAsync("join 1", "state 1 alice/red");
        await blue.LogIsAsync("join 1", "state 1 alice/blue");

        // Come back after the grace.
        network.Refuse();
        network.Drop();
        await red.HearsAsync("leave 1");
        await blue.HearsAsync("leave 1");
        network.Forward();
        await red.LogIsAsync("join 1", "state 1 alice/red", "leave 1", "join 2", "state 2 alice/red");
        await blue.LogIsAsync("join 1", "state 1 alice/blue", "leave 1", "join 2", "state 2 alice/blue");
        await alice.HelperShowsAsync("one", "alice: red (tabs: 1)");
        await alice.HelperShowsAsync("two", "alice: blue (tabs: 1)");
        await Observer.LogIsAsync();
    }

    [Fact]
    public async Task A_cleared_state_is_gone_in_all_tabs_and_stays_so()
    {
        await BeginAsync();
        var alice = await OpenBrowserAsync("alice");
        var first = await alice.OpenScriptAsync(Server.Origin);
        var second = await alice.OpenScriptAsync(Server.Origin);
        await first.EnterAsync();
        await first.SayAsync("here");
        await second.EnterAsync();
        foreach (var tab in new[] { first, second }) await tab.ShowsAsync("alice: here (tabs: 2)");

        await second.RunAsync("await users.clear()");
        foreach (var tab in new[] { first, second }) await tab.ShowsAsync();
        await Observer.LogIsAsync("join 1", "state 1 alice/here", "join 2", "state 2 alice/here", "state 2 null", "state 1 null");

        await first.ReloadAsync();
        await first.EnterAsync();
        await first.RunAsync("await users.ready");
        (await first.ValueAsync<bool>("users.read() === null")).ShouldBeTrue();
        foreach (var tab in new[] { first, second }) await tab.ShowsAsync();
        Observer.View.Values.ShouldBe([null, null]);
    }

    [Fact]
    public async Task Each_view_is_a_new_array()
    {
        await BeginAsync();
        var alice = await (await OpenBrowserAsync("alice")).OpenScriptAsync(Server.Origin);
        await alice.EnterAsync();
        await alice.SayAsync("one");
        await alice.ShowsAsync("alice: one (tabs: 1)");
        await alice.RunAsync("window.before = users.users;");
        await alice.SayAsync("two");
        await alice.ShowsAsync("alice: two (tabs: 1)");
        (await alice.ValueAsync<string>("before[0].state.status + ' ' + (before !== users.users)")).ShouldBe("one true");
    }
}
