using Mesh.Bounds;

BoundsOptions options;
try
{
    options = BoundsOptions.Parse(args);
    if (options.Rows.Except(AllRows.Keys(options), StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        throw new FormatException($"There is no row {unknown}. There are: {string.Join(", ", AllRows.Keys(options))}.");
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n{BoundsOptions.Usage}");
    return 2;
}

var all = options.Nodes ? await AllRows.ManyNodesAsync(options) : await AllRows.OneNodeAsync(options);
Console.Write(Table.Of(all));
if (options.Output is not null) await File.WriteAllTextAsync(Checkout.Folder(options.Output), Page.Of(all, options));
return all.Any(it => it.IsBreached) ? 1 : 0;
