using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §8–§11: verified users, client keys and siblings.</summary>
public sealed class IdentityTests
{
    private const string KeyA = "0123456789abcdef-a", KeyB = "0123456789abcdef-b";

    [Fact]
    public async Task A_verified_user_is_in_the_session_and_in_members()
    {
        await using var server = await TestUsers.StartServerAsync();
        await using var alice = await ConnectAsync(server, "alice");
        (await alice.OpenSessionAsync()).GetProperty("userId").ShouldBe("\"alice\"");
        var member = (await alice.EnterAsync("r")).GetProperty("snapshot").GetProperty("members")[0];
        member.GetProperty("userId").ShouldBe("\"alice\"");
        server.Mesh.FindConnection(alice.Id)!.UserId.ShouldBe("alice");

        await using var plain = await ConnectAsync(server, "bob");
        await plain.JoinAsync("r");
        (await alice.EnterAsync("r")).GetProperty("snapshot").GetProperty("members")[1].GetProperty("userId").ShouldBe("\"bob\"");
    }

    [Fact]
    public async Task An_anonymous_connection_has_no_user_whatever_it_says()
    {
        await using var server = await TestUsers.StartServerAsync();
        await using var client = await server.ConnectAsync();
        (await client.RequestAsync("mesh/session", """{"userId":"alice"}""")).TryGetProperty("userId", out _).ShouldBeFalse();
        (await client.EnterAsync("r", ",\"userId\":\"alice\"")).GetProperty("snapshot").GetProperty("members")[0].TryGetProperty("userId", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_application_may_say_who_a_principal_is()
    {
        await using var server = await TestUsers.StartServerAsync(options: it => it.UserId = user => user.FindFirst("tenant")?.Value);
        await using var alice = await ConnectAsync(server, "alice");
        (await alice.OpenSessionAsync()).GetProperty("userId").ShouldBe("\"t-alice\"");
        await using var nobody = await server.ConnectAsync();
        (await nobody.OpenSessionAsync()).TryGetProperty("userId", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_endpoint_may_require_authorization()
    {
        await using var server = await TestUsers.StartServerAsync(endpoint: it => it.RequireAuthorization(new AuthorizeAttribute()));
        await Should.ThrowAsync<System.Net.WebSockets.WebSocketException>(() => server.ConnectAsync());
        await using var alice = await ConnectAsync(server, "alice");
        await alice.FenceAsync();
    }

    [Fact]
    public async Task Siblings_have_the_same_id_in_a_room_others_another_and_each_room_its_own()
    {
        await using var server = await TestServer.StartAsync();
        await using var one = await server.OpenAsync(KeyA);
        await using var two = await server.OpenAsync(KeyA);
        await using var other = await server.OpenAsync(KeyB);
        await using var keyless = await server.OpenAsync();
        await using var plain = await server.ConnectAsync();
        foreach (var client in new[] { one, two, other, keyless }) await client.EnterAsync("r");
        await plain.JoinAsync("r");
        var inR = await SiblingsAsync(one, "r");
        await one.EnterAsync("s");
        var inS = await SiblingsAsync(one, "s");

        inR[one.Id].ShouldNotBeNull();
        inR[two.Id].ShouldBe(inR[one.Id]);
        inR[other.Id].ShouldNotBeNull();
        inR[other.Id].ShouldNotBe(inR[one.Id]);
        inR[keyless.Id].ShouldBeNull();
        inR[plain.Id].ShouldBeNull();
        inS[one.Id].ShouldNotBe(inR[one.Id]);
        foreach (var frame in one.Frames) frame.Text.ShouldNotContain(KeyA);
    }

    [Fact]
    public async Task A_verified_user_has_siblings_by_user_whatever_key_it_shows()
    {
        await using var server = await TestUsers.StartServerAsync();
        await using var one = await ConnectAsync(server, "alice");
        await using var two = await ConnectAsync(server, "alice");
        await using var mallory = await ConnectAsync(server, "mallory");
        await using var anonymous = await server.ConnectAsync();
        await one.OpenSessionAsync(clientKey: KeyA);
        await two.OpenSessionAsync(clientKey: KeyB);
        await mallory.OpenSessionAsync(clientKey: KeyA);
        await anonymous.OpenSessionAsync(clientKey: KeyA);
        foreach (var client in new[] { one, two, mallory, anonymous }) await client.EnterAsync("r");
        var siblings = await SiblingsAsync(one, "r");
        siblings[two.Id].ShouldBe(siblings[one.Id]);
        new[] { siblings[one.Id], siblings[mallory.Id], siblings[anonymous.Id] }.Distinct(StringComparer.Ordinal).Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("user:alice")]
    [InlineData("0123456789\n16\nkey:0123456789abcdef")]
    public async Task A_key_made_up_to_look_like_another_owner_is_no_sibling(string key)
    {
        await using var server = await TestUsers.StartServerAsync();
        await using var alice = await ConnectAsync(server, "alice");
        await alice.OpenSessionAsync();
        await using var forger = await server.ConnectAsync();
        await forger.OpenSessionAsync(clientKey: key.PadRight(16, '\0'));
        await alice.EnterAsync("r");
        await forger.EnterAsync("r");
        var siblings = await SiblingsAsync(alice, "r");
        siblings[forger.Id].ShouldNotBe(siblings[alice.Id]);
    }

    [Theory]
    [InlineData("alice", "mallory")]
    [InlineData("alice", null)]
    [InlineData(null, "mallory")]
    public async Task Another_user_can_not_resume_and_the_owner_still_can(string? owner, string? thief)
    {
        await using var server = await TestUsers.StartServerAsync();
        await using var first = await ConnectAsync(server, owner);
        var token = (await first.OpenSessionAsync()).Token();
        await first.EnterAsync("r");
        first.Drop();
        await server.UntilDroppedAsync(first.Id);

        await using var other = await ConnectAsync(server, thief);
        (await other.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("false");
        other.Id.ShouldNotBe(first.Id);
        await using var back = await ConnectAsync(server, owner);
        (await back.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("true");
    }

    [Fact]
    public async Task After_a_resume_the_user_is_as_authenticated_by_the_newer_request()
    {
        await using var server = await TestUsers.StartServerAsync(options: it => it.UserId = _ => "alice");
        await using var first = await ConnectAsync(server, "alice at noon");
        var token = (await first.OpenSessionAsync()).Token();
        first.Drop();
        await server.UntilDroppedAsync(first.Id);
        await using var back = await ConnectAsync(server, "alice at one");
        (await back.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("true");
        server.Mesh.FindConnection(first.Id)!.User.FindFirst("tenant")!.Value.ShouldBe("t-alice at one");
    }

    private static Task<PlainClient> ConnectAsync(TestServer server, string? user) =>
        server.ConnectAsync(it =>
        {
            if (user is not null) it.SetRequestHeader(TestUsers.Header, user);
        });

    private static async Task<Dictionary<string, string?>> SiblingsAsync(PlainClient client, string room) =>
        (await client.RequestAsync("mesh/subscribe-presence", $$"""{"roomName":"{{room}}","diffs":true}""")).GetProperty("snapshot").GetProperty("members").EnumerateArray()
            .ToDictionary(it => it.GetProperty("connectionId").GetString()!, it => it.TryGetProperty("sibling", out var sibling) ? sibling.GetString() : null, StringComparer.Ordinal);
}
