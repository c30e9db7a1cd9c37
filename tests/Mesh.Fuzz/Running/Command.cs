using System.Diagnostics;
using System.Globalization;

namespace Mesh.Fuzz;

/// <summary>Runs the fuzzing by command: in a process of its own, on instrumented copies, since what is found may end it.</summary>
internal static class Command
{
    private const int Found = 1;
    private const int WrongOptions = 2;

    public static int Run(string[] arguments)
    {
        try
        {
            return Run(FuzzOptions.Parse(arguments), Console.WriteLine);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine($"{wrong.Message}\n\n{FuzzOptions.Help}");
            return WrongOptions;
        }
    }

    /// <summary>Runs it, and tells each line that it prints.</summary>
    public static int Run(FuzzOptions options, Action<string> tell)
    {
        using var copies = options.Replay is null ? InstrumentedCopies.Make() : null;
        var current = Path.GetTempFileName();
        try
        {
            var code = RunWorker(copies?.Folder ?? AppContext.BaseDirectory, options with { Current = current }, tell);
            if (code is 0 or Found) return code;
            var input = CurrentInput.Read(current);
            tell($"FOUND: the process ended with {code.ToString(CultureInfo.InvariantCulture)}, by {Finding.Save(options.Findings, input)}");
            return Found;
        }
        finally
        {
            File.Delete(current);
        }
    }

    private static int RunWorker(string folder, FuzzOptions options, Action<string> tell)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(folder, Path.GetFileName(typeof(Command).Assembly.Location)));
        start.ArgumentList.Add(Worker.Argument);
        foreach (var argument in options.ToArguments()) start.ArgumentList.Add(argument);
        // With one thread what a sequence does depends on nothing else, and it is known when it is done.
        start.Environment["DOTNET_ThreadPool_ForceMinWorkerThreads"] = "1";
        start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        using var worker = Process.Start(start)!;
        while (worker.StandardOutput.ReadLine() is { } line) tell(line);
        worker.WaitForExit();
        return worker.ExitCode;
    }
}
