namespace Mesh.Testing;

/// <summary>What may happen in a <see cref="SimulatedRoom"/>.</summary>
public enum RoomActionKind
{
    Publish,
    Join,
    Clear,
    Restore,
    Leave,
    SetMetadata,
    NewEpoch,
}

/// <summary>Something that happens in a <see cref="SimulatedRoom"/>, in small numbers so that it can be generated and shrunk.</summary>
/// <param name="Kind">What.</param>
/// <param name="Who">Which of the <see cref="SimulatedRoom.Connections"/> does it.</param>
/// <param name="What">Which state, metadata or source; any number means something.</param>
public readonly record struct RoomAction(RoomActionKind Kind, int Who, int What);
