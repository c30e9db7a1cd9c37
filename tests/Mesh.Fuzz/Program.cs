using Mesh.Fuzz;

// A worker, or the fuzzing by command, or else the tests.
if (args is [Worker.Argument, .. var work]) return Worker.Work(work);
if (args.Any(it => it is "--server" or "--internal-msbuild-node"))
    return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
if (args is ["--tests", .. var tests]) return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(tests);
return Command.Run(args);
