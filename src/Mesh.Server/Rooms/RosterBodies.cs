using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>What answers say of a whole roster, each as bytes that are written once for all who ask at the same revision.</summary>
internal sealed class RosterBodies
{
    /// <summary>What a member has in JSON besides its state and metadata, about.</summary>
    public const int MemberBytes = 150;

    // The serializer's own buffers come from a pool, which keeps those of larger rooms for each core and thread.
    private const int MostPooled = 1024 * 1024;

    private static readonly ConditionalWeakTable<Roster, RosterBodies> All = [];

    private readonly Lazy<ReadOnlyMemory<byte>> _snapshot;
    private readonly Lazy<ReadOnlyMemory<byte>> _subscribed;
    private readonly Lazy<ReadOnlyMemory<byte>> _joined;
    private readonly Lazy<ReadOnlyMemory<byte>> _states;
    private readonly Lazy<long> _weight;

    private RosterBodies(Roster roster)
    {
        _weight = new(() => Sum(roster, static it => it.State.Utf8.Length + it.Metadata.Utf8.Length));
        _snapshot = new(() => Write(roster, ProtocolJson.Default.Roster, Weight));
        _subscribed = new(() => Write(new SubscribeResult(true, PresentMember.Of(roster), StatesOf(roster)), ServerJson.Default.SubscribeResult, Weight));
        _joined = new(() => Write(new JoinResult(true, PresentMember.Of(roster)), ServerJson.Default.JoinResult, Sum(roster, static it => it.Metadata.Utf8.Length)));
        _states = new(() => Write(new StatesResult(true, roster.Members.Select(it => it.ConnectionId), StatesOf(roster)), ServerJson.Default.StatesResult, Sum(roster, static it => it.State.Utf8.Length)));
    }

    /// <summary>The snapshot of our own clients (protocol §9).</summary>
    public ReadOnlyMemory<byte> Snapshot => _snapshot.Value;

    /// <summary>The answer to a plain <c>mesh/subscribe-presence</c>.</summary>
    public ReadOnlyMemory<byte> Subscribed => _subscribed.Value;

    /// <summary>The answer to <c>mesh/join-room</c>.</summary>
    public ReadOnlyMemory<byte> Joined => _joined.Value;

    /// <summary>The answer to <c>mesh/get-presence-state</c>.</summary>
    public ReadOnlyMemory<byte> States => _states.Value;

    /// <summary>About how many bytes each of these has, also where none is written yet.</summary>
    public long Weight => _weight.Value;

    public static RosterBodies Of(Roster roster) => All.GetValue(roster, static it => new(it));

    private static long Sum(Roster roster, Func<Member, int> has) => roster.Members.Sum(it => (long)MemberBytes + has(it));

    private static ReadOnlyMemory<byte> Write<T>(T body, JsonTypeInfo<T> type, long about)
    {
        if (about <= MostPooled) return JsonSerializer.SerializeToUtf8Bytes(body, type);
        var bytes = new ArrayBufferWriter<byte>((int)Math.Min(about + about / 8, Array.MaxLength));
        using (var json = new Utf8JsonWriter(bytes, new() { Encoder = type.Options.Encoder, SkipValidation = true })) JsonSerializer.Serialize(json, body, type);
        return bytes.FreeCapacity <= bytes.WrittenCount / 4 ? bytes.WrittenMemory : bytes.WrittenSpan.ToArray();
    }

    private static Dictionary<string, RawJson> StatesOf(Roster roster) =>
        roster.Members.Where(it => it.State.HasValue).ToDictionary(it => it.ConnectionId, it => it.State, StringComparer.Ordinal);
}
