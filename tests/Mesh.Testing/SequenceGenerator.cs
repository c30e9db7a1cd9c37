using Mesh.Protocol;

namespace Mesh.Testing;

/// <summary>
/// Makes sequences of events with what the view in C# makes of them, so that another implementation can be held against it.
/// A seed always gives the same sequence.
/// </summary>
public static class SequenceGenerator
{
    private static readonly RoomActionKind[] Likely =
    [
        .. Enumerable.Repeat(RoomActionKind.Publish, 8), .. Enumerable.Repeat(RoomActionKind.Join, 6), RoomActionKind.Clear, RoomActionKind.Clear,
        RoomActionKind.Restore, RoomActionKind.Restore, RoomActionKind.Restore, RoomActionKind.Leave, RoomActionKind.Leave,
        RoomActionKind.SetMetadata, RoomActionKind.NewEpoch,
    ];

    /// <summary>The sequence of a seed.</summary>
    public static Sequence Generate(int seed)
    {
        var random = new Random(seed);
        var identifier = new Identifier("userId", Async: random.Next(2) == 0, Throws: random.Next(3) == 0);
        var name = $"seed {seed}";
        using var writer = new SequenceWriter(name, identifier);
        var room = new SimulatedRoom();
        for (var warmUp = random.Next(8); warmUp > 0; warmUp--) room.Do(Next(random));

        writer.Take(room.Roster);
        for (var step = random.Next(4, 40); step > 0; step--)
        {
            if (writer.CanAnswer && random.Next(5) < 2) writer.Answer(random);
            else TakeChanges(random, room, writer);
        }
        return writer.ToSequence();
    }

    private static void TakeChanges(Random random, SimulatedRoom room, SequenceWriter writer)
    {
        var before = room.At;
        var changes = new RosterDiffBuilder();
        for (var left = random.Next(4) == 0 ? random.Next(2, 7) : 1; left > 0; left--)
        {
            var roster = room.Roster;
            if (room.Do(Next(random)) is { } change && room.At.Epoch == before.Epoch) changes.Add(roster, change);
        }

        if (room.At.Epoch != before.Epoch || random.Next(12) == 0) writer.Take(room.Roster);
        else if (!changes.IsEmpty) writer.Take(changes.Build());
        if (random.Next(20) == 0) writer.TakeLastAgain();
    }

    private static RoomAction Next(Random random) =>
        new(Likely[random.Next(Likely.Length)], random.Next(SimulatedRoom.Connections.Count), random.Next(44));
}
