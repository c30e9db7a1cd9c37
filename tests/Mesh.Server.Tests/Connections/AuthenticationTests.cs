using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;
using static Mesh.Server.Tests.PresenceRequests;

namespace Mesh.Server.Tests.Connections;

/// <summary>Protocol §8: authentication by tokens, its end, its renewal, and its revocation.</summary>
public sealed class AuthenticationTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_token_is_taken_in_the_header_and_in_the_query_and_without_one_nobody_connects()
    {
        await using var server = await TestTokens.StartServerAsync();
        var token = TestTokens.For(server, "alice", Hour);
        await using var byHeader = await server.ConnectAsync(token);
        await using var byQuery = await PlainClient.ConnectAsync(new UriBuilder(server.Address) { Query = "x=1&access_token=" + token }.Uri);
        foreach (var client in new[] { byHeader, byQuery })
        {
            var session = await client.OpenSessionAsync();
            session.GetProperty("userId").ShouldBe("\"alice\"");
            session.GetProperty("authenticatedFor").ShouldBe("3600000");
        }
        (await Should.ThrowAsync<WebSocketException>(() => server.ConnectAsync())).Message.ShouldContain("401");
        (await Should.ThrowAsync<WebSocketException>(() => PlainClient.ConnectAsync(new UriBuilder(server.Address) { Query = "access_token=x" }.Uri))).Message.ShouldContain("401");
        // Who shows one in the header is not overruled by the address.
        (await Should.ThrowAsync<WebSocketException>(() =>
            PlainClient.ConnectAsync(new UriBuilder(server.Address) { Query = "access_token=" + token }.Uri, it => it.SetRequestHeader("Authorization", "Bearer x")))).Message.ShouldContain("401");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_it_expires_the_connection_ends_with_4101_and_its_members_leave_at_once(bool withSession)
    {
        await using var server = await TestTokens.StartServerAsync();
        await using var alice = await server.ConnectAsync(TestTokens.For(server, "alice", TimeSpan.FromSeconds(3)));
        await using var bob = await server.ConnectAsync(TestTokens.For(server, "bob", Hour));
        var token = withSession ? (await alice.OpenSessionAsync()).Token() : null;
        await alice.JoinAsync("r");
        await bob.SubscribeAsync("r");

        server.Time.Advance(TimeSpan.FromSeconds(2.9));
        await alice.FenceAsync();
        server.Time.Advance(TimeSpan.FromSeconds(0.1));
        (await alice.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        await bob.WaitForAsync(it => it.Text.Contains("\"leave\"", StringComparison.Ordinal));
        await server.UntilGoneAsync(alice.Id);
        if (token is null) return;
        await using var back = await server.ConnectAsync(TestTokens.For(server, "alice", Hour));
        (await back.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("false");
    }

    [Fact]
    public async Task It_is_renewed_by_another_token_without_a_drop()
    {
        await using var server = await TestTokens.StartServerAsync();
        await using var alice = await server.ConnectAsync(TestTokens.For(server, "alice", TimeSpan.FromSeconds(3), "before"));
        await alice.OpenSessionAsync();
        server.Time.Advance(TimeSpan.FromSeconds(2));
        (await RenewAsync(alice, TestTokens.For(server, "alice", Hour, "after"))).ShouldBe("""{"authenticatedFor":3600000}""");
        server.Mesh.FindConnection(alice.Id)!.User.FindFirst("role")!.Value.ShouldBe("after");

        for (var second = 0; second < 10; second++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
            await alice.FenceAsync();
        }
        alice.IsClosed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_that_is_not_valid_renews_nothing_and_ends_nothing()
    {
        await using var server = await TestTokens.StartServerAsync(role: "member");
        await using var alice = await server.ConnectAsync(TestTokens.For(server, "alice", TimeSpan.FromSeconds(30)));
        string[] wrong =
        [
            "x",
            TestTokens.For(server, "mallory", Hour),
            TestTokens.For(server, "alice", Hour, role: "guest"), // whom the endpoint would not have let in
            TestTokens.For(server, "alice", Hour, key: new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32))),
        ];
        foreach (var token in wrong) (await alice.ErrorOfAsync("mesh/authenticate", Json(token))).ShouldBe(ErrorCodes.Forbidden, token);
        foreach (var none in new[] { "{}", """{"token":""}""", """{"token":1}""" }) (await alice.ErrorOfAsync("mesh/authenticate", none)).ShouldBe(ErrorCodes.Invalid);
        var late = TestTokens.For(server, "alice", TimeSpan.FromSeconds(1));
        server.Time.Advance(TimeSpan.FromSeconds(1));
        (await alice.ErrorOfAsync("mesh/authenticate", Json(late))).ShouldBe(ErrorCodes.Forbidden);

        alice.IsClosed.ShouldBeFalse();
        server.Mesh.FindConnection(alice.Id)!.UserId.ShouldBe("alice");
    }

    [Fact]
    public async Task A_renewal_meets_all_that_the_endpoint_requires_of_whoever_connects()
    {
        await using var server = await TestTokens.StartServerAsync(requirement: new MembersFromHere());
        (await Should.ThrowAsync<WebSocketException>(() => server.ConnectAsync(TestTokens.For(server, "alice", Hour, role: "guest")))).Message.ShouldContain("403");
        await using var alice = await server.ConnectAsync(TestTokens.For(server, "alice", Hour));
        (await alice.ErrorOfAsync("mesh/authenticate", Json(TestTokens.For(server, "alice", Hour, role: "guest")))).ShouldBe(ErrorCodes.Forbidden);
        (await RenewAsync(alice, TestTokens.For(server, "alice", Hour))).ShouldBe("""{"authenticatedFor":3600000}""");
    }

    [Fact]
    public async Task Who_has_dropped_is_there_no_longer_than_the_authentication_lasts()
    {
        await using var server = await TestTokens.StartServerAsync();
        await using var alice = await server.ConnectAsync(TestTokens.For(server, "alice", TimeSpan.FromSeconds(3)));
        await alice.OpenSessionAsync();
        await alice.EnterAsync("r");
        alice.Drop();
        await server.UntilDroppedAsync(alice.Id);
        server.Time.Advance(TimeSpan.FromSeconds(2.9));
        server.Mesh.FindConnection(alice.Id).ShouldNotBeNull();
        server.Time.Advance(TimeSpan.FromSeconds(0.1));
        await server.UntilGoneAsync(alice.Id);
        await server.UntilEmptyAsync("r");
    }

    [Fact]
    public async Task What_a_former_WebSocket_was_authenticated_by_ends_that_alone()
    {
        await using var server = await TestServer.StartAsync();
        var (first, token) = await server.OpenWithTokenAsync();
        var connection = server.Mesh.FindConnection(first.Id)!;
        var former = connection.Transport!;
        var (second, _) = await server.OpenWithTokenAsync(token);
        connection.TryBeginClosing(former).ShouldBeFalse();
        connection.IsToEnd.ShouldBeFalse();
        connection.TryBeginClosing(connection.Transport!).ShouldBeTrue();
        connection.IsToEnd.ShouldBeTrue();
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    [Fact]
    public async Task Where_nothing_takes_tokens_that_is_said()
    {
        await using var anonymous = await TestServer.StartAsync();
        await using var nobody = await anonymous.ConnectAsync();
        (await nobody.ErrorOfAsync("mesh/authenticate", Json("x"))).ShouldBe(ErrorCodes.Invalid);
        await using var byHeader = await TestUsers.StartServerAsync();
        await using var alice = await byHeader.ConnectAsync(it => it.SetRequestHeader(TestUsers.Header, "alice"));
        (await alice.OpenSessionAsync()).TryGetProperty("authenticatedFor", out _).ShouldBeFalse();
        (await alice.ErrorOfAsync("mesh/authenticate", Json("x"))).ShouldBe(ErrorCodes.Invalid);
    }

    [Fact]
    public async Task It_is_renewed_by_another_WebSocket_that_resumes_and_nobody_notices()
    {
        await using var server = await TestTokens.StartServerAsync();
        await using var bob = await server.ConnectAsync(TestTokens.For(server, "bob", Hour));
        await bob.SubscribeAsync("r");
        await using var first = await server.ConnectAsync(TestTokens.For(server, "alice", TimeSpan.FromSeconds(3)));
        var token = (await first.OpenSessionAsync()).Token();
        await first.EnterAsync("r");
        await using var second = await server.ConnectAsync(TestTokens.For(server, "alice", Hour));
        (await second.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("true");
        (await first.Closed).ShouldBe(CloseCodes.Resumed);
        await second.EnterAsync("r");

        // What the first one was authenticated by ends, and the connection is no longer its.
        server.Time.Advance(TimeSpan.FromSeconds(4));
        await second.FenceAsync();
        await bob.ShouldHaveEventsAsync(Joined("r", first.Id));
    }

    [Fact]
    public async Task A_resume_with_what_expires_sooner_ends_sooner()
    {
        await using var server = await TestTokens.StartServerAsync();
        await using var first = await server.ConnectAsync(TestTokens.For(server, "alice", Hour));
        var token = (await first.OpenSessionAsync()).Token();
        await using var second = await server.ConnectAsync(TestTokens.For(server, "alice", TimeSpan.FromSeconds(3)));
        (await second.OpenSessionAsync(token)).GetProperty("authenticatedFor").ShouldBe("3000");
        server.Time.Advance(TimeSpan.FromSeconds(3));
        (await second.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        await server.UntilGoneAsync(first.Id);
    }

    [Fact]
    public async Task One_that_lasts_longer_than_a_timer_does_not_end_sooner()
    {
        await using var server = await TestTokens.StartServerAsync();
        await using var alice = await server.ConnectAsync(TestTokens.For(server, "alice", TimeSpan.FromDays(100)));
        (await alice.OpenSessionAsync()).GetProperty("authenticatedFor").ShouldBe("8640000000");
        await alice.FenceAsync();
    }

    [Fact]
    public async Task Who_is_revoked_ends_with_4101_also_within_the_grace_and_bystanders_go_on()
    {
        await using var server = await TestUsers.StartServerAsync();
        await using var one = await ConnectAsync(server, "alice");
        await using var plain = await ConnectAsync(server, "alice");
        await using var dropped = await ConnectAsync(server, "alice");
        await using var bob = await ConnectAsync(server, "bob");
        await using var nobody = await server.ConnectAsync();
        await one.OpenSessionAsync();
        var token = (await dropped.OpenSessionAsync()).Token();
        foreach (var client in new[] { one, plain, dropped }) await client.JoinAsync("r");
        dropped.Drop();
        await server.UntilDroppedAsync(dropped.Id);

        await server.Mesh.RevokeAsync("alice", TestContext.Current.CancellationToken);
        (await one.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        (await plain.Closed).ShouldBe(CloseCodes.AuthenticationEnded);
        one.CloseReason.ShouldBe("authentication revoked");
        await server.UntilEmptyAsync("r");
        await using var back = await ConnectAsync(server, "alice");
        (await back.OpenSessionAsync(token)).GetProperty("resumed").ShouldBe("false");
        await bob.FenceAsync();
        await nobody.FenceAsync();
    }

    private static Task<PlainClient> ConnectAsync(TestServer server, string user) => server.ConnectAsync(it => it.SetRequestHeader(TestUsers.Header, user));

    private static async Task<System.Text.Json.JsonElement> RenewAsync(PlainClient client, string token) => await client.RequestAsync("mesh/authenticate", Json(token));

    private static string Json(string token) => $$"""{"token":"{{token}}"}""";

    /// <summary>As an attribute requires it that is no <c>[Authorize]</c>.</summary>
    private sealed class MembersFromHere : IAuthorizationRequirementData
    {
        public IEnumerable<IAuthorizationRequirement> GetRequirements() =>
        [
            new ClaimsAuthorizationRequirement("role", ["member"]),
            new AssertionRequirement(static it => it.Resource is HttpContext { Connection.RemoteIpAddress: { } address, Request.Path.Value: "/" } && IPAddress.IsLoopback(address)),
        ];
    }
}
