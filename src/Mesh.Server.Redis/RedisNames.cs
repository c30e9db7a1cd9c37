using System.Text;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Mesh.Server;

/// <summary>The keys and channels. All of a room are in one slot: what is in braces is an encoding of its name, so that no name splits it.</summary>
internal sealed class RedisNames(IOptions<MeshRedisOptions> options)
{
    // Of what is stored under these names: nodes of two releases may run side by side.
    private const int Schema = 1;

    private readonly string _start = $"{options.Value.Prefix}:{Schema}:";

    /// <summary>On which broadcasts go to all nodes.</summary>
    public string Broadcasts => _start + "broadcasts";

    /// <summary>The stream that Scripts/revoke.lua describes, and the channel on which nodes hear that there is more in it.</summary>
    public string Revocations => _start + "revocations";

    /// <summary>On which a node tells only itself that its subscriptions work; in a cluster each of its parts has some of them.</summary>
    public string Canary(string node, int part) => $"{_start}{{{part}}}:canary:{node}";

    /// <summary>The hash that Scripts/room.lua describes.</summary>
    public RedisKey Room(string name) => Of(name, "room");

    /// <summary>Leases: see Scripts/renew.lua.</summary>
    public RedisKey LiveNodes => _start + "{nodes}:alive";

    public RedisKey DeadNodes => _start + "{nodes}:dead";

    public RedisKey ReapedNodes => _start + "{nodes}:reaped";

    public RedisKey RenewingNodes => _start + "{nodes}:renewing";

    /// <summary>The rooms in which a generation of a node may have members: see Scripts/index-room.lua.</summary>
    public RedisKey RoomsOf(string generation) => $"{_start}{{{generation}}}:rooms";

    /// <summary>The sessions that a node has: see Scripts/save-session.lua.</summary>
    public RedisKey SessionsOf(string node) => $"{_start}{{{node}}}:sessions";

    /// <summary>On which a node is told that another has taken a connection.</summary>
    public string Taken(string node) => $"{_start}{{{node}}}:taken";

    public RedisKey Metadata(string name) => Of(name, "metadata");

    /// <summary>On which a room's changes are told.</summary>
    public string Changes(string name) => Of(name, "changes");

    private string Of(string room, string what) => $"{_start}{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(room)).Replace('+', '-').Replace('/', '_')}}}:{what}";
}
