using System.Runtime.InteropServices;
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

// Whoever ends this program is not to be left with its processes.
using var stop = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

IReadOnlyList<Measured> all;
try
{
    all = options.Nodes ? await AllRows.ManyNodesAsync(options, stop.Token) : await AllRows.OneNodeAsync(options, stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped.");
    return 2;
}
Console.Write(Table.Of(all));
if (options.Output is not null) await File.WriteAllTextAsync(Checkout.Folder(options.Output), Page.Of(all, options));
return all.Any(it => it.IsBreached) ? 1 : 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
