using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>Runs the scripts of rooms, with what Scripts/room.lua says that all of them are given.</summary>
internal sealed class RoomScripts(RedisConnection redis, RedisNames names, RedisKnown known) : IDisposable
{
    private readonly RedisRuns _runs = new(redis);

    /// <param name="script">Which.</param>
    /// <param name="room">On which room.</param>
    /// <param name="generation">For which generation of a node.</param>
    /// <param name="arguments">What this script takes besides.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask<RedisResult> EvaluateAsync(string script, string room, string generation, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        RedisValue[] seen = known.Of(room) is { } at ? [at.Epoch, at.Revision] : ["", ""];
        var key = names.Room(room);
        RedisValue[] all = [names.Changes(room), generation, .. arguments, await _runs.OfAsync(key), await redis.PublishCommandAsync(), .. seen];
        return await redis.EvaluateAsync(script, [key], all, cancellationToken);
    }

    public void Dispose() => _runs.Dispose();
}
