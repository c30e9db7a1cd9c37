namespace Mesh.Client.Tests;

/// <summary>Protocol §8: what lets somebody in is in no log.</summary>
public sealed class SecretsTests : Scenario
{
    private const string Key = "a-key-of-this-client-that-nobody-knows", Access = "an-access-token", First = "first-resume-token", Second = "second-resume-token";

    [Fact]
    public async Task The_client_logs_neither_tokens_nor_its_key()
    {
        var server = await ScriptedSession.StartAsync();
        var client = NewClient(server.Url, Key, it =>
        {
            it.AccessTokenProvider = _ => new(Access);
            it.CommandTimeout = it.ConnectTimeout = TimeSpan.FromSeconds(60);
            it.Jitter = () => 0;
        });
        var connecting = client.ConnectAsync();
        var first = await server.AcceptAsync(resume: null);
        await first.OpenAsync(resumed: false, First);
        await connecting.InTimeAsync();
        first.Drop();
        var second = await server.AcceptAsync(First);
        await second.OpenAsync(resumed: true, Second);
        // One that is refused, and one that can't be read.
        var refused = client.CommandAsync<string>("echo", "x");
        await second.ReceiveAsync("echo");
        await second.AnswerAsync("""{"error":"no","code":"ENO","name":"CommandError"}""");
        await Should.ThrowAsync<MeshException>(refused.InTimeAsync());
        await second.CloseAsync(CloseCodes.ServerFailed);
        var third = await server.AcceptAsync(Second);
        await third.AnswerAsync("""{"connectionId":7}""");
        // From now on attempts fail.
        await server.DisposeAsync();
        await Wait.UntilAsync(() => Logs.AtAnyLevel.Any(it => it.Contains("attempt to connect", StringComparison.Ordinal)));

        Logs.AtAnyLevel.ShouldContain(it => it.Contains("Connected to", StringComparison.Ordinal));
        foreach (var secret in new[] { Key, Access, First, Second }) Logs.AtAnyLevel.ShouldAllBe(it => !it.Contains(secret, StringComparison.Ordinal));
    }
}
