using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mesh.Client.Bench;
using Perfolizer.Horology;

// In this process and short: whether the cost of a change grows with the room is what is asked. The least is what others on the
// machine have disturbed least.
var job = Job.Default.WithToolchain(new InProcessEmitToolchain(new()))
    .WithWarmupCount(5).WithIterationCount(15).WithIterationTime(TimeInterval.FromMilliseconds(100));
var config = DefaultConfig.Instance.AddJob(job).AddColumn(StatisticColumn.Min)
    .HideColumns(Column.Job, Column.Toolchain, Column.Mean, Column.Error, Column.StdDev, Column.Gen0, Column.Gen1, Column.Gen2);
BenchmarkSwitcher.FromTypes([typeof(ChangeBenchmarks), typeof(BatchBenchmarks)]).Run(args is [] ? ["--filter", "*"] : args, config);
