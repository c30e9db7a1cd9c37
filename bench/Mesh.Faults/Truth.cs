using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Faults;

/// <summary>Holds what is shown against what was done.</summary>
internal sealed class Truth(Crowd crowd, Cluster cluster)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>In the views of all who are in the rooms.</summary>
    public IEnumerable<Difference> Differences()
    {
        foreach (var user in crowd.Users)
            if (user.Doing is { } what) yield return new($"{what} is not acknowledged", user);
        foreach (var room in crowd.Rooms)
        {
            var comparison = new Comparison(room);
            foreach (var tab in room.SelectMany(user => user.Tabs))
            {
                if (tab.View is not { } view) continue;
                foreach (var difference in comparison.Compare(view)) yield return difference;
            }
        }
    }

    /// <summary>In what each node tells a plain client that has just come.</summary>
    public async Task<IReadOnlyList<Difference>> NewcomersDifferencesAsync() =>
        [.. (await Task.WhenAll(cluster.Nodes.Where(node => node.IsRunning).Select(NewcomersDifferencesAsync))).SelectMany(all => all)];

    private async Task<IReadOnlyList<Difference>> NewcomersDifferencesAsync(Node node)
    {
        var name = $"a newcomer on {node.Name}";
        try
        {
            await using var newcomer = await PlainConnection.ConnectAsync($"ws://127.0.0.1:{node.Server.Port}/", Limit);
            var all = await Task.WhenAll(crowd.Rooms.Select(async room =>
            {
                var answer = await newcomer.RequestAsync(CommandNames.SubscribePresence, new { roomName = room.Key }, Limit);
                return new Comparison(room).Compare(View.OfMembers(name, Members(answer))).ToList();
            }));
            return [.. all.SelectMany(differences => differences)];
        }
        catch (MeshException failure)
        {
            return [new($"{failure.Code}: {failure.Message}", null, name)];
        }
    }

    private static IEnumerable<State?> Members(JsonElement answer) =>
        answer.GetProperty("present").EnumerateArray().Select(one =>
            answer.GetProperty("states").TryGetProperty(one.GetProperty("id").GetString()!, out var state) ? state.Deserialize<State>(JsonSerializerOptions.Web) : null);
}
