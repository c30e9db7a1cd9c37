using System.Runtime.InteropServices;
using PresenceConsole;
using Spectre.Console;

const int Left = 0, Failed = 1, Misused = 2;

if (args.Any(arg => arg is "--help" or "-h"))
{
    Console.WriteLine(Arguments.Usage);
    return Left;
}

Arguments arguments;
try
{
    arguments = Arguments.Parse(args);
}
catch (FormatException misuse)
{
    Console.Error.WriteLine($"{misuse.Message}\n\n{Arguments.Usage}");
    return Misused;
}

// The second Ctrl+C ends it at once.
using var leaving = new CancellationTokenSource();
void Leave(PosixSignalContext signal)
{
    signal.Cancel = !leaving.IsCancellationRequested;
    leaving.Cancel();
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Leave);

var isTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities is { Ansi: true, Interactive: true };
string? failure;
await using (IScreen screen = isTerminal ? new TableScreen(arguments) : new LineScreen(Console.In, Console.Out))
    failure = await new Visit(arguments, screen).RunAsync(leaving.Token);

if (failure is null) return Left;
Console.Error.WriteLine(failure);
return Failed;
