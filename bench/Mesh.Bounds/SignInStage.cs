using System.Net.Http.Json;

namespace Mesh.Bounds;

/// <summary>Three servers of the sample with sign-in that share a Redis, and a lobby in which somebody always says something.</summary>
internal sealed class SignInStage : IAsyncDisposable
{
    /// <summary>Of one user, a third on each.</summary>
    public const int Tabs = 99;

    private const string Lobby = "lobby";
    private static readonly TimeSpan BetweenWords = TimeSpan.FromMilliseconds(20);

    private readonly RunningRedis _redis = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false });
    private readonly CancellationTokenSource _over = new();
    private DemoServer[] _servers = [];
    private Task _talking = Task.CompletedTask;

    private SignInStage(BoundsOptions options) => Runs = options.SlowRuns;

    public int Runs { get; }

    public static async Task<SignInStage> StartAsync(BoundsOptions options)
    {
        var stage = new SignInStage(options);
        try
        {
            await stage._redis.StartAsync();
            stage._servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
                DemoServer.StartAsync(DemoServer.SignIn, FreePort.Next(), $"--Mesh:Redis={stage._redis.Address}")));
            stage._talking = stage.TalkAsync(await stage.OpenAsync(await stage.SignInAsync("bob", "builder"), stage._servers.Length));
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Fails once nobody says anything any more.</summary>
    public async Task CheckTalkAsync()
    {
        if (!_talking.IsCompleted) return;
        await _talking;
        throw new InvalidOperationException("Nobody speaks.");
    }

    /// <returns>The cookie.</returns>
    public async Task<string> SignInAsync(string user, string password)
    {
        using var answer = await _http.PostAsJsonAsync(_servers[0].Origin + "/sign-in", new { user, password });
        answer.EnsureSuccessStatusCode();
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    /// <summary>Signs out at one of the servers.</summary>
    public async Task SignOutAsync(string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _servers[Random.Shared.Next(_servers.Length)].Origin + "/sign-out");
        request.Headers.Add("Cookie", cookie);
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Opens so many connections with the cookie, as many on each server, all in the lobby.</summary>
    public async Task<IReadOnlyList<BareConnection>> OpenAsync(string cookie, int connections) =>
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async at =>
        {
            var connection = await BareConnection.ConnectAsync(_servers[at % _servers.Length].Port, cookie: cookie);
            await connection.OpenSessionAsync();
            await connection.EnterAsync(Lobby);
            return connection;
        }));

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _talking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Whoever measures has been told.
        foreach (var server in _servers) await server.DisposeAsync();
        await _redis.DisposeAsync();
        _http.Dispose();
        _over.Dispose();
    }

    private async Task TalkAsync(IReadOnlyList<BareConnection> speakers)
    {
        for (var word = 0; !_over.IsCancellationRequested; word++)
        {
            await speakers[word % speakers.Count].PublishAsync(Lobby, new { text = $"{word}" });
            await Task.Delay(BetweenWords);
        }
        foreach (var speaker in speakers) await speaker.DisposeAsync();
    }
}
