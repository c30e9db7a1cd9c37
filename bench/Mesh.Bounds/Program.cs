using Mesh.Bounds;

(string Key, Func<Stage, Task<IReadOnlyList<Measured>>> MeasureAsync)[] rows =
[
    ("publish", AtOnceRows.PublishAsync),
    ("join-leave", AtOnceRows.JoinAndLeaveAsync),
    ("plain-drop", AtOnceRows.PlainDropAsync),
    ("tab-closed", LeaveRows.TabClosedAsync),
    ("reload", UnseenRows.ReloadAsync),
    ("resumed", UnseenRows.ResumedAsync),
    ("not-back", LeaveRows.NotBackAsync),
    ("silent", LeaveRows.SilentAsync),
    ("views", ViewRows.OutageAsync),
    ("restart", ViewRows.RestartAsync),
];

BoundsOptions options;
try
{
    options = BoundsOptions.Parse(args);
    if (options.Rows.Except(rows.Select(row => row.Key), StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        throw new FormatException($"There is no row {unknown}.");
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n{BoundsOptions.Usage}\nRows: {string.Join(", ", rows.Select(row => row.Key))}");
    return 2;
}

List<Measured> all = [];
await using (var stage = new Stage(options, await DemoServer.StartAsync()))
{
    foreach (var (key, measureAsync) in rows.Where(row => options.Rows.Count == 0 || options.Rows.Contains(row.Key, StringComparer.Ordinal)))
    {
        Console.Error.WriteLine($"Measuring {key}");
        all.AddRange(await measureAsync(stage));
    }
}

Console.Write(Table.Of(all));
if (options.Output is not null) await File.WriteAllTextAsync(Checkout.Folder(options.Output), Page.Of(all, options));
return all.Any(it => it.IsBreached) ? 1 : 0;
