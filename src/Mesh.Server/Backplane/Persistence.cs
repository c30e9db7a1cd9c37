using Mesh.Protocol;

namespace Mesh.Server;

/// <summary>Repeats what a store that is out of reach could not do, until it is done.</summary>
internal static class Persistence
{
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public static async ValueTask<T> UntilDoneAsync<T>(Func<ValueTask<T>> act, TimeProvider time)
    {
        while (true)
        {
            try
            {
                return await act();
            }
            catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
            {
                await Task.Delay(Pause, time);
            }
        }
    }
}
