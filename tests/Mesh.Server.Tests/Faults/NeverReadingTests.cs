using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Faults;

/// <summary>Protocol §12: what those who never read cost the server has an end, in a room that never rests.</summary>
[Collection(nameof(MemoryOfTheProcess))]
public sealed class NeverReadingTests(ITestOutputHelper output)
{
    private const int Silent = 100;
    private const int Rounds = 2_000;

    [Fact]
    public async Task A_hundred_of_them_keep_the_memory_within_their_queues()
    {
        await using var server = await TestServer.StartAsync(options: it => it.CommandsPerSecond = it.CommandBurst = 1_000_000);
        var deaf = await server.ConnectAsync(Silent);
        foreach (var (at, client) in deaf.Index())
        {
            client.Answers = false;
            await client.RequestAsync("mesh/subscribe-presence", at % 2 == 0 ? Room("r") : """{"roomName":"r","diffs":true}""");
            client.StopReading();
        }
        await using var bystander = await server.ConnectAsync();
        await bystander.RequestAsync("mesh/subscribe-presence", """{"roomName":"r","diffs":true}""");
        await using var publisher = await server.OpenAsync();
        await publisher.EnterAsync("r");
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var most = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            await publisher.PublishAsync("r", Json.Quote($"{round}{new string('x', 16_000)}"));
            publisher.Forget();
            if (round % 500 == 499) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            bystander.Forget();
        }
        output.WriteLine($"At most {most / 1024 / 1024} MB more than before, {Rounds * 16_000L / 1024 / 1024} MB said to each of {Silent}");
        most.ShouldBeLessThan(Silent * 1024 * 1024);

        // Nobody else waits, and who could not be told is gone.
        await bystander.FenceAsync();
        var open = server.Mesh.Connections.Where(it => it.IsOpen).Select(it => it.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (at, client) in deaf.Index())
        {
            if (at % 2 == 0) open.ShouldNotContain(client.Id);
            await client.DisposeAsync();
        }
    }
}
