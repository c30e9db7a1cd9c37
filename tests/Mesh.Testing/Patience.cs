namespace Mesh.Testing;

/// <summary>How long to wait for what must happen: long enough for a busy machine, as what happens in time never waits for it.</summary>
public static class Patience
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(20);

    public static float Milliseconds => (float)Limit.TotalMilliseconds;
}
