namespace Mesh.Bounds;

/// <summary>Who ends without a word is seen to leave, though not at once.</summary>
internal static class LeaveRows
{
    public static Task<IReadOnlyList<Measured>> TabClosedAsync(Stage stage) =>
        LeaveAsync(stage, "a tab is closed (1001)", Promised.TabClosed, guest => guest.ClosePageAsync());

    public static Task<IReadOnlyList<Measured>> NotBackAsync(Stage stage) =>
        LeaveAsync(stage, "a session drops, and is not back", Promised.NotBack, guest => guest.DropAsync());

    // Right after a sign of life, from when it takes longest.
    public static Task<IReadOnlyList<Measured>> SilentAsync(Stage stage) =>
        LeaveAsync(stage, "a session falls silent, without an end", Promised.Silent, guest => guest.FallSilentAsync());

    private static async Task<IReadOnlyList<Measured>> LeaveAsync(Stage stage, string what, TimeSpan bound, Func<Guest, Task> end)
    {
        var audience = await stage.BigAudienceAsync();
        var samples = await stage.TogetherAsync(async () =>
        {
            await using var guest = await Guest.EnterAsync(stage.Port, stage.NewName("guest"), audience);
            return await guest.LeaveTimeAsync(bound, () => end(guest));
        });
        return [Measured.Time(what, bound, audience.Size, samples)];
    }
}
