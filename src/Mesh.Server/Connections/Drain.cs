using Mesh.Protocol;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Closes all connections of a server that shuts down: some at a time, for those who take them in.</summary>
internal sealed class Drain(ConnectionRegistry connections, IOptions<MeshOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private const int FewestATick = 10;

    public async Task RunAsync()
    {
        var open = connections.All.Select(static it => it.Transport).OfType<Transport>().ToArray();
        var ticks = (int)Math.Max(1, options.Value.DrainTime / Tick);
        var atOnce = Math.Max(FewestATick, (open.Length + ticks - 1) / ticks);
        foreach (var some in open.Chunk(options.Value.DrainTime > TimeSpan.Zero ? atOnce : int.MaxValue))
        {
            if (some[0] != open[0]) await Task.Delay(Tick, time);
            foreach (var transport in some) Close(transport);
        }
    }

    public static void Close(Transport transport) => transport.RequestClose(CloseCodes.GoingAway, "the server shuts down");
}
