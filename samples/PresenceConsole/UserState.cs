namespace PresenceConsole;

/// <summary>What the demo's page publishes too. Others may publish anything.</summary>
internal sealed record UserState(string UserId, string? Username, string? Status);
