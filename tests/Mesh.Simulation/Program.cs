using Mesh.Simulation;

// A worker, or the simulation by command, or else the tests.
if (args is [Worker.Argument, .. var work]) return Worker.Work(work);
if (Command.IsMeant(args)) return Command.Run(args);
if (args.Any(it => it is "--server" or "--internal-msbuild-node"))
    return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
