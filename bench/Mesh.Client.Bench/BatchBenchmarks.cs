using BenchmarkDotNet.Attributes;

namespace Mesh.Client.Bench;

/// <summary>A hundred changes that come together: one list is made of them, not a hundred.</summary>
[MemoryDiagnoser]
public class BatchBenchmarks
{
    private const int Changes = 100;

    private ChangingRoom _together = null!;
    private ChangingRoom _single = null!;

    [Params(1_000, 10_000)]
    public int Users { get; set; }

    [GlobalSetup]
    public void SetUp() => (_together, _single) = (ChangingRoom.Updating(Users, Changes), ChangingRoom.Updating(Users));

    [Benchmark(Description = "100 updates in one batch, grouped and listed")]
    public object Together()
    {
        _together.Change();
        return _together.Show();
    }

    [Benchmark(Description = "100 updates one by one, grouped and listed")]
    public void OneByOne()
    {
        for (var change = 0; change < Changes; change++)
        {
            _single.Change();
            _single.Show();
        }
    }
}
