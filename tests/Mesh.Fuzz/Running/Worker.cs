namespace Mesh.Fuzz;

/// <summary>A process that runs inputs: instrumented, unless it only replays.</summary>
internal static class Worker
{
    public const string Argument = "--worker";

    public static int Work(string[] arguments)
    {
        var options = FuzzOptions.Parse(arguments);
        new Thread(EndWithTheOther) { IsBackground = true }.Start();
        using var current = options.Current is null ? null : new CurrentInput(options.Current);
        using var edges = new EdgeMap();
        ITarget target = options.Target == FrameTarget.Name ? new FrameTarget() : new ConnectionTarget(options.IsPlanted);
        using var execution = new Execution(target, edges, current);
        return Task.Run(() => options.Replay is { } path ? Replay.RunAsync(path, execution) : new FuzzRun(options, target, execution, edges).RunAsync()).GetAwaiter().GetResult();
    }

    // Who started it holds its input open.
    private static void EndWithTheOther()
    {
        while (Console.In.Read() >= 0)
        {
        }
        Environment.Exit(1);
    }
}
