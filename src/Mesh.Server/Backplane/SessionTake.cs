namespace Mesh.Server;

/// <summary>What came of taking a connection by a token.</summary>
/// <param name="Outcome">Who has it.</param>
/// <param name="Session">What was saved of it, if it was taken.</param>
public sealed record SessionTake(SessionTakeOutcome Outcome, SavedSession? Session = null);
