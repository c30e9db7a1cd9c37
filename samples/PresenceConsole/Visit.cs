using Mesh.Client;
using Mesh.Protocol;

namespace PresenceConsole;

/// <summary>One user's stay in a room: shows who is there, publishes what is typed, and leaves in good order.</summary>
internal sealed class Visit(Arguments arguments, IScreen screen)
{
    private readonly Lock _gate = new();
    private Picture _picture = Picture.Empty;
    private string? _failure;

    /// <returns>Why it could not go on; null if the user left.</returns>
    public async Task<string?> RunAsync(CancellationToken leaving)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(leaving);
        await using var client = new MeshClient(arguments.Server, new() { ClientKey = arguments.ClientKey, Storage = new FilePresenceStorage(arguments.Folder) });
        client.StatusChanged += (_, change) => Show(picture => picture with { Status = change.Status });
        client.Disconnected += (_, end) =>
        {
            if (client.Status == MeshClientStatus.Offline) Fail($"{arguments.Server} has ended the connection: {end.Code} {end.Reason}");
        };
        try
        {
            if (await TryConnectAsync(client, ending.Token)) await StayAsync(client, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Left, or failed.
        }
        catch (MeshException refused)
        {
            _failure ??= $"{arguments.Room} can't be entered: {refused.Message} ({refused.Code})";
        }
        await ending.CancelAsync();
        return _failure;

        void Fail(string why)
        {
            if (ending.IsCancellationRequested) return;
            _failure = why;
            ending.Cancel();
        }
    }

    // The client would go on trying; a person wants to know that there is nothing.
    private async Task<bool> TryConnectAsync(MeshClient client, CancellationToken leaving)
    {
        using var trying = CancellationTokenSource.CreateLinkedTokenSource(leaving);
        client.Faulted += GiveUp;
        try
        {
            await client.ConnectAsync(trying.Token);
            return true;
        }
        catch (OperationCanceledException) when (_failure is not null)
        {
            return false;
        }
        finally
        {
            client.Faulted -= GiveUp;
        }

        void GiveUp(object? sender, FaultedEventArgs fault)
        {
            _failure ??= $"There is no Mesh server at {arguments.Server}: {fault.Error.Message}";
            trying.Cancel();
        }
    }

    private async Task StayAsync(MeshClient client, CancellationToken leaving)
    {
        await using var presence = client.CreatePresence(new PresenceOptions<UserState>
        {
            Room = arguments.Room,
            StorageKey = $"user-state:{arguments.Room}",
            StateIdentifier = state => state?.UserId,
        });
        await presence.Ready.WaitAsync(leaving);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(leaving);
        var showing = ShowAsync(presence, gone.Token);
        try
        {
            await ObeyAsync(presence, gone.Token);
        }
        finally
        {
            await gone.CancelAsync();
            await showing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ShowAsync(Presence<UserState> presence, CancellationToken leaving)
    {
        await foreach (var view in presence.WatchAsync(leaving)) Show(picture => picture with { Users = view.Users, IsFresh = view.IsFresh });
    }

    private async Task ObeyAsync(Presence<UserState> presence, CancellationToken leaving)
    {
        // Who has said something before, here or in a tab with the same key, goes on as they were without a word: what is said now may
        // be newer than what was read.
        if (presence.Read() is null) Say(presence, Known(presence).Status ?? "online", leaving);
        await foreach (var line in screen.ReadAsync(leaving))
        {
            if (line == "/quit") return;
            if (line == "/clear") _ = TellAsync(presence.ClearAsync(leaving));
            else if (line.StartsWith('/')) Show(picture => picture with { Notice = $"There is no {line}, only /clear and /quit." });
            else if (line.Length > 0) Say(presence, line, leaving);
        }
    }

    private void Say(Presence<UserState> presence, string status, CancellationToken leaving) =>
        _ = TellAsync(presence.PublishAsync(Known(presence) with { Status = status }, cancellationToken: leaving));

    private UserState Known(Presence<UserState> presence)
    {
        var known = presence.Users.FirstOrDefault(user => user.Id == arguments.UserId)?.State ?? presence.Read();
        return new(arguments.UserId, known?.Username ?? arguments.UserId, known?.Status);
    }

    // In an outage it takes its time: meanwhile other things can be typed.
    private async Task TellAsync(Task publishing)
    {
        try
        {
            await publishing;
            Show(picture => picture with { Notice = "" });
        }
        catch (MeshException refused)
        {
            Show(picture => picture with { Notice = $"Not published: {refused.Message} ({refused.Code})" });
        }
        catch (OperationCanceledException)
        {
            // Who left does not want to know.
        }
    }

    private void Show(Func<Picture, Picture> change)
    {
        lock (_gate) screen.Show(_picture = change(_picture));
    }
}
