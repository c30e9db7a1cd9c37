using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>The demo with sign-in in a tab.</summary>
public sealed class SignInTab(IPage page, string owner) : Tab(page, owner)
{
    /// <summary>Signs in as one of the two users there are.</summary>
    public async Task SignInAsync(string user)
    {
        await Page.FillAsync("#user", user);
        await Page.FillAsync("#password", user == "alice" ? "wonderland" : "builder");
        await Page.ClickAsync("#sign-in button");
        await IsSignedInAsync(user);
    }

    public Task SignOutAsync() => Page.ClickAsync("#sign-out");

    public Task IsSignedInAsync(string user) => Assertions.Expect(Page.Locator("#me")).ToHaveTextAsync(user);

    public Task IsSignedOutAsync() => Assertions.Expect(Page.Locator("#sign-in")).ToBeVisibleAsync();

    public async Task SayAsync(string status)
    {
        await Page.FillAsync("#status", status);
        await Page.ClickAsync("#say button");
    }

    /// <summary>Waits until it shows these users in the lobby, as in <c>alice here 1 tab</c>.</summary>
    public Task LobbyIsAsync(params string[] users) => ShowsAsync("#lobby li", users);

    /// <summary>Waits until it shows this of the private rooms, alice's first.</summary>
    public Task PrivateRoomsAreAsync(params string[] rooms) => ShowsAsync("#private li", rooms);

    /// <summary>
    /// Runs the body of a function that has a WebSocket of this page as it would be without the client, by which anything can be sent:
    /// <c>ask(command, payload)</c> is answered by the response's payload, and <c>closed</c> by the close code.
    /// </summary>
    /// <param name="body">The body.</param>
    /// <param name="url">Where to; default: the page's own server.</param>
    public Task<string> ForgeAsync(string body, string? url = null) => Page.EvaluateAsync<string>(
        $$"""
        (url) => new Promise((resolve, reject) => {
          const socket = new WebSocket(url ?? location.origin.replace("http", "ws"));
          const pending = new Map();
          const closed = new Promise((done) => (socket.onclose = ({ code }) => done(code)));
          const ask = (command, payload) => new Promise((done) => {
            pending.set(pending.size + 1, done);
            socket.send(JSON.stringify({ id: pending.size, command, payload }));
          });
          socket.onmessage = ({ data }) => {
            const frame = JSON.parse(data);
            pending.get(frame.id)?.(frame.payload);
          };
          closed.then((code) => resolve("closed " + code));
          socket.onopen = () => (async () => {
            {{body}}
          })().then((result) => { resolve(JSON.stringify(result)); socket.close(); }, reject);
        })
        """,
        url);
}
