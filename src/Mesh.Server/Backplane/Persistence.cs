using Mesh.Protocol;
using Microsoft.Extensions.Hosting;

namespace Mesh.Server;

/// <summary>Repeats what a store that is out of reach could not do, until it is done or the application has stopped.</summary>
internal sealed class Persistence(TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <exception cref="OperationCanceledException">The application has stopped.</exception>
    public async ValueTask<T> UntilDoneAsync<T>(Func<ValueTask<T>> act)
    {
        while (true)
        {
            try
            {
                return await act();
            }
            catch (MeshException away) when (away.Code == ErrorCodes.Unavailable)
            {
                await PauseAsync();
            }
        }
    }

    /// <summary>Waits until it may be tried again.</summary>
    /// <exception cref="OperationCanceledException">The application has stopped.</exception>
    public Task PauseAsync() => PauseAsync(Pause);

    /// <summary>The same, for so long.</summary>
    /// <exception cref="OperationCanceledException">The application has stopped.</exception>
    public Task PauseAsync(TimeSpan pause) => Task.Delay(pause, time, lifetime.ApplicationStopped);
}
