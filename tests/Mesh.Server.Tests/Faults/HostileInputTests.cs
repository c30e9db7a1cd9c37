using System.Net.WebSockets;
using System.Text;

namespace Mesh.Server.Tests.Faults;

/// <summary>No input, whoever sends it, ends the process or anyone else's connection.</summary>
[Trait("Fault", "11")]
public sealed class HostileInputTests
{
    private static readonly string[] Scraps =
    [
        "null", "{}", "[]", "true", "7", "\"x\"", "{\"id\":1}", "{\"id\":1,\"command\":null}", "\"command\":\"mesh/enter\"", "\"mesh/join-room\"", "\"mesh/session\"", "\"echo\"",
        "\"payload\":", "{\"roomName\":", "\"r\"", "\"\\ud800\"", "\"rooms\":[", "]", "}", "{", "[", ",", ":", "\"id\":", "1e999", "-", "\"state\":", "\"stamp\":[1,", "\0", "\ufeff",
        "\"known\":{\"epoch\":", "\"publish\":{", "\"restore\":{", "99999999999999999999", "\"metadata\":", "\"options\":{\"strategy\":\"deepMerge\"}", "\"resume\":", "\"clientKey\":",
    ];

    [Fact]
    public async Task Null_or_an_invalid_frame_right_after_the_upgrade()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        foreach (var message in new[] { "null", "{}", "", "[", "{\"id\":null}", "\"\"", "0" })
        {
            await using var attacker = await RawConnection.UpgradeAsync(server.Http, message);
            await attacker.UntilAsync(it => it.Contains("mesh/assign-id", StringComparison.Ordinal));
            await bystander.FenceAsync();
        }
    }

    [Fact]
    public async Task Thousands_of_malformed_messages()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await TestServer.StartAsync(options: it => (it.CommandBurst, it.CommandsPerSecond) = (1_000_000, 1_000_000));
        await using var bystander = await server.OpenAsync();
        await bystander.EnterAsync("mine", ",\"publish\":{\"state\":\"untouched\"}");

        PlainClient? attacker = null;
        var connections = 0;
        for (var sent = 0; sent < 3000; sent++)
        {
            if (attacker is null || attacker.IsClosed)
            {
                if (attacker is not null) await attacker.DisposeAsync();
                attacker = await server.ConnectAsync();
                connections++;
            }
            var message = random.Next(8) switch
            {
                0 => Garbage(random),
                1 or 2 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => Scraps[random.Next(Scraps.Length)]))),
                _ => Mutated(random),
            };
            try
            {
                await attacker.SendBytesAsync(message, random.Next(50) == 0 ? WebSocketMessageType.Binary : WebSocketMessageType.Text);
            }
            catch (Exception gone) when (gone is WebSocketException or InvalidOperationException or OperationCanceledException)
            {
                await attacker.Closed;
            }
            if (random.Next(4) == 0) await TakenAsync(attacker, sent);
            if (sent % 500 == 0) await bystander.FenceAsync();
        }
        await attacker!.DisposeAsync();
        connections.ShouldBeGreaterThan(100, $"seed {seed}");
        await bystander.FenceAsync();
        (await bystander.StatesAsync("mine")).GetProperty("states").GetProperty(bystander.Id).ShouldBe("\"untouched\"");
        await Wait.UntilAsync(() => server.Mesh.Connections.Count(it => it.IsOpen) == 1);
    }

    [Fact]
    public async Task Garbage_instead_of_HTTP_and_half_upgrades()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        var upgrade = Encoding.ASCII.GetBytes(RawConnection.Upgrade);
        for (var round = 0; round < 300; round++)
        {
            await using var raw = await RawConnection.ConnectAsync(server.Http);
            var bytes = (round % 4) switch
            {
                0 => Garbage(random),
                1 => upgrade[..random.Next(upgrade.Length)],
                2 => [.. upgrade, .. Garbage(random)],
                _ => [.. upgrade, .. RawConnection.Frame((byte)random.Next(256), Garbage(random))],
            };
            await raw.SendAsync(bytes);
            if (round % 3 == 0) raw.Reset();
            if (round % 50 == 0) await bystander.FenceAsync();
        }
        await bystander.FenceAsync();
        await Wait.UntilAsync(() => server.Mesh.Connections.Count == 1);
    }

    [Theory]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    [InlineData("Upgrade: websocket\r\n")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n")]
    public async Task An_unsound_upgrade_is_answered_by_HTTP(string headers)
    {
        await using var server = await TestServer.StartAsync();
        await using var raw = await RawConnection.ConnectAsync(server.Http);
        await raw.SendAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
        await raw.UntilAsync(it => it.StartsWith("HTTP/1.1 4", StringComparison.Ordinal));
        server.Mesh.Connections.ShouldBeEmpty();
    }

    [Fact]
    public async Task Close_frames_of_all_sorts()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        int[] codes = [0, 999, 1000, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65535];
        foreach (var payload in codes.Select(it => new[] { (byte)(it >> 8), (byte)it }).Append([]).Append([3]).Append([3, 232, 255, 254]))
        {
            await using var raw = await RawConnection.UpgradeAsync(server.Http);
            await raw.UntilAsync(it => it.Contains("mesh/assign-id", StringComparison.Ordinal));
            await raw.SendAsync(RawConnection.Frame(0x88, payload));
            await Wait.UntilAsync(() => server.Mesh.Connections.Count == 1);
        }
        await bystander.FenceAsync();
    }

    [Fact]
    public async Task Resets_in_the_middle_of_messages()
    {
        await using var server = await TestServer.StartAsync();
        await using var bystander = await server.ConnectAsync();
        await bystander.SubscribeAsync("r");
        for (var round = 0; round < 30; round++)
        {
            await using var raw = await RawConnection.UpgradeAsync(server.Http, """{"id":1,"command":"mesh/join-room","payload":{"roomName":"r"}}""");
            await raw.UntilAsync(it => it.Contains("\"success\":true", StringComparison.Ordinal));
            await raw.SendAsync(RawConnection.Frame(0x81, new byte[100])[..round]);
            raw.Reset();
        }
        await bystander.UntilAsync(() => bystander.Events.Count == 60);
        (await bystander.StatesAsync("r")).GetProperty("present").GetArrayLength().ShouldBe(0);
    }

    // Waits until the server has taken all that was sent, or has closed the connection for it.
    private static async Task TakenAsync(PlainClient attacker, int number)
    {
        try
        {
            await attacker.SendTextAsync($$"""{"id":"fence {{number}}","command":"mesh/noop"}""");
            await Wait.UntilAsync(() => attacker.IsClosed || attacker.Frames.Any(it => it.Id == $"\"fence {number}\""));
        }
        catch (Exception gone) when (gone is WebSocketException or InvalidOperationException or OperationCanceledException)
        {
            await attacker.Closed;
        }
    }

    private static byte[] Garbage(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    // A sound command with a few characters changed.
    private static byte[] Mutated(Random random)
    {
        string[] sound =
        [
            """{"id":1,"command":"mesh/session","payload":{"resume":"x","clientKey":"0123456789abcdef"}}""",
            """{"id":2,"command":"mesh/enter","payload":{"rooms":[{"roomName":"r","publish":{"state":{"a":[1,2]},"expireAfter":5},"known":{"epoch":1,"revision":2}}]}}""",
            """{"id":3,"command":"mesh/join-room","payload":{"roomName":"r"}}""",
            """{"id":4,"command":"mesh/publish-presence-state","payload":{"roomName":"r","state":{"x":null},"expireAfter":1,"silent":true}}""",
            """{"id":5,"command":"mesh/restore","payload":{"roomName":"r","state":1,"stamp":[1,2],"deadline":9}}""",
            """{"id":6,"command":"mesh/set-my-connection-metadata","payload":{"metadata":{"a":{"b":1}},"options":{"strategy":"deepMerge"}}}""",
            """{"id":7,"command":"mesh/subscribe-presence","payload":{"roomName":"r","diffs":true,"known":{"epoch":1,"revision":1}}}""",
            """{"id":8,"command":"mesh/get-connection-metadata","payload":{"connectionId":"x"}}""",
        ];
        var bytes = Encoding.UTF8.GetBytes(sound[random.Next(sound.Length)]);
        for (var at = random.Next(3); at > 0; at--) bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
        return bytes;
    }
}
