using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Server.Tests.Commands;

public sealed class HandlerShapeTests
{
    [Fact]
    public async Task A_handler_without_a_result_is_awaited_and_its_refusal_told()
    {
        var gate = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(mesh: it => it.AddCommand("work", async (CommandContext _, int number) =>
        {
            await gate.Task;
            if (number < 0) throw new MeshException("ENEGATIVE", "no");
        }));
        await using var client = await server.ConnectAsync();
        var id = await client.SendAsync("work", "1");
        var refused = await client.SendAsync("work", "-1");
        gate.SetResult();
        (await client.ResponseAsync(id)).Root.TryGetProperty("payload", out _).ShouldBeFalse();
        (await client.ResponseAsync(refused)).Payload.GetProperty("code").GetString().ShouldBe("ENEGATIVE");
    }

    [Fact]
    public void A_result_that_would_have_to_be_awaited_is_refused_at_start()
    {
        var mesh = new ServiceCollection().AddMesh();
        Should.Throw<ArgumentException>(() => mesh.AddCommand("bad", (CommandContext _, int number) => new ValueTask<int>(number)));
    }

    [Theory]
    [InlineData("pong")]
    [InlineData("latency:response")]
    [InlineData("mesh/own")]
    public void A_name_of_Mesh_itself_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => new ServiceCollection().AddMesh().AddCommand(name, (CommandContext _, int number) => number));

    [Fact]
    public async Task A_room_named_twice_in_one_entry_is_refused_the_second_time()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.OpenAsync();
        var rooms = (await client.RequestAsync("mesh/enter", """{"rooms":[{"roomName":"r"},{"roomName":"r"}]}""")).GetProperty("rooms");
        rooms[0].GetProperty("success").GetBoolean().ShouldBeTrue();
        rooms[1].GetProperty("error").GetProperty("code").GetString().ShouldBe("EINVALID");
    }

    [Fact]
    public async Task A_session_after_another_command_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.RequestAsync("mesh/noop");
        (await client.ErrorOfAsync("mesh/session")).ShouldBe("EINVALID");
    }
}
