using System.Globalization;

namespace Mesh.Client.Tests;

/// <summary>Whatever a network does, in whatever order: in the end all views of a room are the same, and right.</summary>
public sealed class ConvergenceTests : Scenario
{
    private const int Clients = 6;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task All_views_become_the_same(int seed)
    {
        await StartAsync(it => it.Grace = TimeSpan.FromMilliseconds(300));
        var random = new Random(seed);
        var members = new List<Tab>();
        for (var who = 0; who < Clients; who++)
        {
            var network = NewNetwork();
            // Two clients each are one user.
            var client = await ConnectAsync(TestServer.UrlAt(network.Port), $"key of user {who / 2} and nobody else");
            members.Add(new($"user {who / 2}", network, client, View(client)));
        }

        for (var step = 0; step < 150; step++)
        {
            var member = members[random.Next(Clients)];
            switch (random.Next(8))
            {
                case 0:
                    member.Network.Drop();
                    break;
                case 1:
                    member.Network.Refuse();
                    member.Network.Drop();
                    break;
                case 2:
                    member.Network.Forward();
                    break;
                case 3:
                    await member.Viewer.Presence.DisposeAsync().InTimeAsync();
                    member.Viewer = View(member.Client);
                    break;
                case 4:
                    member.Say(null);
                    break;
                default:
                    member.Say(step.ToString(CultureInfo.InvariantCulture));
                    break;
            }
            for (var yields = random.Next(20); yields > 0; yields--) await Task.Yield();
            if (random.Next(10) == 0) await Task.WhenAny(member.Said, Task.Delay(random.Next(20)));
        }

        foreach (var member in members) member.Network.Forward();
        foreach (var member in members) await member.Client.ConnectAsync().InTimeAsync();
        // What had to wait is said.
        await Wait.UntilAsync(() => members.All(member => member.Viewer.Presence.IsFresh && member.Said.IsCompleted));
        var last = members.Where((_, who) => who % 2 == 1).ToList();
        foreach (var member in last)
        {
            member.Say("final");
            await member.Said.InTimeAsync();
        }
        var expected = last.Select(member => $"{member.User}: final (2)").ToList();
        await Wait.UntilAsync(
            () => members.All(member => member.Viewer.Presence.IsFresh && member.Viewer.Shown.Split(", ").Order(StringComparer.Ordinal).SequenceEqual(expected, StringComparer.Ordinal)),
            () => $"Seed {seed}:\n{string.Join('\n', members.Select(member => $"{member.Client.Status} {member.Viewer.Presence.IsFresh} {member.Viewer.Shown}"))}");
        members.Select(member => member.Viewer.Shown).Distinct(StringComparer.Ordinal).Count().ShouldBe(1, $"seed {seed}");
        await Wait.UntilAsync(() => members.All(member => member.Viewer.Presence.Read()?.Status == "final"));
    }

    private sealed class Tab(string user, TcpProxy network, MeshClient client, Viewer viewer)
    {
        public string User => user;

        public TcpProxy Network => network;

        public MeshClient Client => client;

        public Viewer Viewer { get; set; } = viewer;

        public Task Said { get; private set; } = Task.CompletedTask;

        public void Say(string? status) => Said = SayAsync(status is null ? null : new(user, status));

        private async Task SayAsync(State? state)
        {
            try
            {
                await Viewer.Presence.PublishAsync(state);
            }
            catch (MeshException disposed) when (disposed.Code == ErrorCodes.Disposed)
            {
                // Another helper took over.
            }
        }
    }
}
