using System.Text.Json;
using Mesh.Testing;
using Microsoft.Playwright;

namespace Mesh.EndToEnd.Tests;

/// <summary>The rules that C# and JavaScript share, run by JavaScript in the browser that it is for.</summary>
public sealed class SharedRules(Chromium chromium)
{
    private const string Origin = "http://client.test";
    private const int Sequences = 1_000;

    [Fact]
    public async Task All_shared_vectors_hold_in_the_browser()
    {
        string[] files = Directory.GetFiles(Checkout.Copied("vectors"), "*.json");
        files.ShouldNotBeEmpty();
        // As they are: some hold what no C# string does.
        var vectors = files.Select(file => $"\"{Path.GetFileName(file)}\":{File.ReadAllText(file)}");

        var (passed, failed) = await RunVectorsAsync($"{{{string.Join(',', vectors)}}}");

        failed.ShouldBeEmpty();
        passed.ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task A_thousand_generated_sequences_give_the_same_users_as_in_CSharp()
    {
        Sequence[] sequences = [.. Enumerable.Range(1, Sequences).Select(SequenceGenerator.Generate)];
        var json = $"[{string.Join(',', sequences.Select(sequence => sequence.Json))}]";

        var users = JsonElement.Parse(await InBrowserAsync(
            "async (json) => JSON.stringify((await import('/test/sequences.js')).runSequences(JSON.parse(json)))", json));
        users.GetArrayLength().ShouldBe(Sequences);
        sequences.Zip(users.EnumerateArray())
            .Where(pair => !JsonElement.DeepEquals(JsonElement.Parse(pair.First.UsersJson), pair.Second))
            .Select(pair => $"{pair.First.Name}: {pair.First.UsersJson} in C#, {pair.Second} in JavaScript")
            .ShouldBeEmpty();

        // And so after each step, not only at the end.
        var (passed, failed) = await RunVectorsAsync($$"""{"user-view.json":{{json}}}""");
        failed.ShouldBeEmpty();
        passed.ShouldBe(Sequences);
    }

    private async Task<(int Passed, string[] Failed)> RunVectorsAsync(string json)
    {
        var result = JsonElement.Parse(await InBrowserAsync(
            "async (json) => JSON.stringify((await import('/test/vectors.js')).runVectors(JSON.parse(json)))", json));
        return (result.GetProperty("passed").GetInt32(), [.. result.GetProperty("failed").EnumerateArray().Select(one => one.ToString())]);
    }

    private async Task<string> InBrowserAsync(string script, string json)
    {
        await using var context = await chromium.NewContextAsync();
        await context.RouteAsync($"{Origin}/**", ServeAsync);
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{Origin}/");
        return await page.EvaluateAsync<string>(script, json);
    }

    private static Task ServeAsync(IRoute route)
    {
        var path = new Uri(route.Request.Url).AbsolutePath;
        return path == "/"
            ? route.FulfillAsync(new() { ContentType = "text/html", Body = "<!DOCTYPE html><title>Shared rules</title>" })
            : route.FulfillAsync(new() { Path = Checkout.Copied("client", path[1..]) });
    }
}
