using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using Mesh.Client.Bench;
using Perfolizer.Horology;

// Short: a change takes microseconds, and whether its cost grows with the room is what is asked. The least is what others on the
// machine have disturbed least.
var config = DefaultConfig.Instance
    .AddJob(Job.Default.WithWarmupCount(3).WithIterationCount(12).WithIterationTime(TimeInterval.FromMilliseconds(100)))
    .AddColumn(StatisticColumn.Min)
    .HideColumns(Column.Error, Column.StdDev, Column.Mean, Column.Gen0, Column.Gen1, Column.Gen2);
BenchmarkSwitcher.FromTypes([typeof(ChangeBenchmarks), typeof(BatchBenchmarks)]).Run(args is [] ? ["--filter", "*"] : args, config);
