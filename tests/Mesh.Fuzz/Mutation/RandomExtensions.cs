namespace Mesh.Fuzz;

internal static class RandomExtensions
{
    public static T Of<T>(this Random random, IReadOnlyList<T> values) => values[random.Next(values.Count)];

    /// <summary>Mostly small, sometimes as large as allowed.</summary>
    public static int Few(this Random random, int most) => 1 + random.Next(1 + random.Next(Math.Max(1, most)));
}
