namespace Mesh.Protocol.Tests.Properties;

/// <summary>What happened in a room, change by change.</summary>
internal sealed class History
{
    /// <summary>Makes actions, the likely ones more often.</summary>
    public static readonly Gen<RoomAction> Action = Gen.Select(
        Gen.Frequency(
            (8, Gen.Const(RoomActionKind.Publish)), (6, Gen.Const(RoomActionKind.Join)), (2, Gen.Const(RoomActionKind.Clear)),
            (3, Gen.Const(RoomActionKind.Restore)), (2, Gen.Const(RoomActionKind.Leave)), (1, Gen.Const(RoomActionKind.SetMetadata)),
            (1, Gen.Const(RoomActionKind.NewEpoch))),
        Gen.Int[0, SimulatedRoom.Connections.Count - 1],
        Gen.Int[0, 43],
        (kind, who, what) => new RoomAction(kind, who, what));

    public static readonly Gen<RoomAction[]> Actions = Action.Array[0, 40];

    public History(IEnumerable<RoomAction> actions)
    {
        var room = new SimulatedRoom();
        Rosters.Add(room.Roster);
        foreach (var action in actions)
        {
            var diff = room.Do(action);
            if (room.At == Last.At) continue;
            Diffs.Add(diff);
            Rosters.Add(room.Roster);
        }
    }

    /// <summary>The empty room, then the roster after each change.</summary>
    public List<Roster> Rosters { get; } = [];

    /// <summary>What leads from each roster to the next; null where a new epoch began.</summary>
    public List<RosterDiff?> Diffs { get; } = [];

    public Roster Last => Rosters[^1];

    /// <summary>What the room was at a moment that a receiver says it is at.</summary>
    public Roster TruthAt(Stamp at) => Rosters.Single(roster => roster.At == at);
}
