using System.Globalization;

namespace Mesh.Faults;

/// <summary>Within which all is to be right again.</summary>
/// <param name="Healed">Since the fault has healed.</param>
/// <param name="Begun">Or since it has begun, if that is later.</param>
/// <param name="Unheard">Since a tab left without being heard: it may be shown as long.</param>
internal sealed record Bound(TimeSpan Healed, TimeSpan Begun, TimeSpan Unheard)
{
    public static Bound Of(double healed, double begun = 0, double unheard = 0) =>
        new(TimeSpan.FromSeconds(healed), TimeSpan.FromSeconds(begun), TimeSpan.FromSeconds(unheard));

    public override string ToString() => Begun == TimeSpan.Zero ? Text(Healed) : $"{Text(Healed)}, or {Text(Begun)} from its beginning";

    private static string Text(TimeSpan time) => time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s";
}
