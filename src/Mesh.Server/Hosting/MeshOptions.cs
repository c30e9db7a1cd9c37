using System.ComponentModel.DataAnnotations;
using System.Security.Claims;

namespace Mesh.Server;

/// <summary>
/// What an operator can tune. Bound from the configuration section <c>Mesh</c>
/// (<c>--Mesh:CommandsPerSecond=5000</c>) and validated at start.
/// </summary>
public sealed class MeshOptions
{
    /// <summary>The configuration section that is bound.</summary>
    public const string Section = "Mesh";

    /// <summary>How often a connection is pinged; one silent for two intervals is dead. Default: 10 s. Range: 100 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a connection's latency is measured and told to it. Default: 30 s. Range: 100 ms to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan LatencyInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a session may be dropped before its members leave. Default: 5 s. Range: 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The same after a page was closed or reloaded (close code 1001). Default: 2 s. Range: 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ReloadGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The shortest time between two diffs of one room. Default: 50 ms. Range: 0 (each change at once) to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long an ended WebSocket may take to say goodbye. Default: 1 s. Range: 100 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Over how long a server that shuts down closes its connections, so that they do not all come to the other nodes at once; a few
    /// take less. Default: 5 s. Range: 0 (all at once) to 10 min; with <see cref="CloseTimeout"/> less than the host's
    /// shutdown timeout (30 s).
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest inbound message, in bytes. Default: 65,536. Range: 1,024 to 16 MB.</summary>
    [Range(1024, 16 * 1024 * 1024)]
    public int MessageBytes { get; set; } = 64 * 1024;

    /// <summary>The largest state and the largest connection metadata, in bytes as sent. Default: 16,384. Range: 16 to 16 MB, and less than <see cref="MessageBytes"/>.</summary>
    [Range(16, 16 * 1024 * 1024)]
    public int StateBytes { get; set; } = 16 * 1024;

    /// <summary>How many rooms one connection may be in or subscribed to. Default: 100. Range: 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int RoomsPerConnection { get; set; } = 100;

    /// <summary>How many members a room may have. Default: 10,000. Range: 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MembersPerRoom { get; set; } = 10_000;

    /// <summary>
    /// Commands a connection may send a second, sustained; an entry counts once for each room, a change of its metadata once for each room the
    /// connection is in. Default: 100. Range: 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int CommandsPerSecond { get; set; } = 100;

    /// <summary>Commands a connection may send at once after a pause. Default: 200. Range: 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int CommandBurst { get; set; } = 200;

    /// <summary>The largest outbound queue of a connection, in bytes, snapshots not counted. Default: 1 MB. Range: 64 KB to 1 GB, and at least four times <see cref="StateBytes"/>.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int OutboundBytes { get; set; } = 1024 * 1024;

    /// <summary>Of how many members of a room it is known when they changed last, for those who come back: they get a diff, not a snapshot. Default: 1,024. Range: 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int HistoryLength { get; set; } = 1024;

    /// <summary>
    /// How many open connections a verified user may have on a node; more are answered HTTP 429. As many sessions again may have dropped: of more
    /// within their grace the oldest ends. Default: 100. Range: 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ConnectionsPerUser { get; set; } = 100;

    /// <summary>
    /// How many open connections may come from one address (of IPv6: from one network of 64 bits) to a node; more are answered HTTP 429.
    /// Behind a proxy <c>UseForwardedHeaders</c> tells whose they are. Dropped sessions count as for a user. Default: 10,000. Range: 1 to 1,000,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ConnectionsPerAddress { get; set; } = 10_000;

    /// <summary>
    /// The origins whose pages may connect, as in <c>https://example.com</c>; <c>*</c> is any. Where origins are listed the server's own has to
    /// be among them. Default: none listed, and the server's own alone may, by the host that browsers ask for.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// The id of the user that an authenticated principal is; null or empty: a user of none. In code only. Default: its claim
    /// <c>NameIdentifier</c>, else <c>sub</c>.
    /// </summary>
    [Required]
    public Func<ClaimsPrincipal, string?> UserId { get; set; } = static principal => principal.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? principal.FindFirst("sub")?.Value;
}
