using BenchmarkDotNet.Attributes;

namespace Mesh.Client.Bench;

/// <summary>One change in a room: what grouping it by user costs, and what the list costs that the application gets.</summary>
[MemoryDiagnoser]
public class ChangeBenchmarks
{
    private ChangingRoom _updating = null!;
    private ChangingRoom _joining = null!;

    [Params(10, 1_000, 10_000)]
    public int Users { get; set; }

    [GlobalSetup]
    public void SetUp() => (_updating, _joining) = (ChangingRoom.Updating(Users), ChangingRoom.LeftAndJoined(Users));

    /// <summary>A user's state becomes another one.</summary>
    [Benchmark(Description = "update, grouped")]
    public void Update() => _updating.Change();

    /// <summary>A user leaves, and joins again: half of it is one change.</summary>
    [Benchmark(Description = "join or leave, grouped", OperationsPerInvoke = 2)]
    public void JoinAndLeave()
    {
        _joining.Change();
        _joining.Change();
    }

    [Benchmark(Description = "update, grouped and listed")]
    public object UpdateShown()
    {
        _updating.Change();
        return _updating.Show();
    }

    [Benchmark(Description = "join or leave, grouped and listed", OperationsPerInvoke = 2)]
    public object JoinAndLeaveShown()
    {
        _joining.Change();
        _joining.Show();
        _joining.Change();
        return _joining.Show();
    }
}
