using System.Runtime.InteropServices;
using Mesh.Faults;

FaultsOptions options;
try
{
    options = FaultsOptions.Parse(args);
    var keys = FaultKinds.All(options.PingInterval).Select(kind => kind.Key).ToList();
    if (options.Kinds.Except(keys, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        throw new FormatException($"There is no fault {unknown}, but {string.Join(", ", keys)}.");
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n{FaultsOptions.Usage}");
    return 2;
}

// Whoever ends this program is not to be left with its processes.
using var stop = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

Console.WriteLine($"Seed {options.Seed}, {options.Clients} clients");
await using var cluster = await Cluster.StartAsync($"--Mesh:PingInterval={options.PingInterval:c}");
await using var crowd = await Crowd.GatherAsync(cluster.Url, options, new(options.Seed));
await using var bustle = new Bustle(crowd, options.Seed);
var run = new Run(options, cluster, crowd, bustle);
try
{
    await run.AllAsync(stop.Token);
}
catch (OperationCanceledException)
{
    Console.WriteLine("Stopped.");
}
catch (Exception failure)
{
    // Unhandled it would leave the processes behind.
    Console.WriteLine(failure);
    return 3;
}

foreach (var (failure, times) in bustle.Failures) Console.WriteLine($"Refused {times} times: {failure}");
Console.WriteLine();
Console.Write(Table.Of(run.Outcomes));
if (options.Output is not null) await File.WriteAllTextAsync(Checkout.Folder(options.Output), Page.Of(run, options, bustle.Acts));
return run.Outcomes.Any(it => it.IsBreached) ? 1 : 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
