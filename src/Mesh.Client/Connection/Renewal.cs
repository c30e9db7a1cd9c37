using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>
/// Renews the authentication of the connection that stands, before it ends of itself or when it is asked to (protocol §8): by a
/// token, or by a second WebSocket that resumes the session before the first one ends. To be used with the gate held.
/// </summary>
internal sealed class Renewal : ILinkOwner
{
    private static readonly TimeSpan LongestAhead = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private readonly ClientGate _gate;
    private readonly Dialer _dialer;
    private readonly MeshClientOptions _options;
    private readonly IRenewalOwner _owner;
    private readonly Alarm _due;
    private readonly Alarm _tooLate;

    // The connection's WebSocket, and the one that is to take its place.
    private Link? _first;
    private Link? _second;

    // How long the authentication lasts, and since when.
    private TimeSpan? _lasts;
    private Moment _since;

    private TaskCompletionSource? _renewing;
    private bool _isAwaited;

    public Renewal(ClientGate gate, Dialer dialer, MeshClientOptions options, IRenewalOwner owner)
    {
        (_gate, _dialer, _options, _owner) = (gate, dialer, options, owner);
        _due = new(gate, Begin);
        _tooLate = new(gate, () => GiveUp("no answer in time"));
    }

    /// <summary>Whether a second WebSocket may have taken the session, though it has not said so.</summary>
    public bool MayHaveResumed { get; private set; }

    /// <summary>A connection stands.</summary>
    public void Watch(Link link, Session session)
    {
        _first = link;
        MayHaveResumed = false;
        Schedule(session.AuthenticatedFor);
    }

    /// <summary>Renews now.</summary>
    /// <returns>Completed when it is renewed; failed with the reason why it is not.</returns>
    public Task RenewAsync()
    {
        Begin();
        _isAwaited = true;
        return _renewing!.Task;
    }

    /// <summary>
    /// Whether a WebSocket that has ended was closed for the second one's sake, as it seems. Should that not take its place after
    /// all, the owner is told of the end again.
    /// </summary>
    public bool Outlives(Link link) => link == _first && link.CloseCode == CloseCodes.Resumed && _second is not null;

    /// <summary>The connection has ended, and may be resumed.</summary>
    public void End(MeshException error)
    {
        _due.Cancel();
        _first = null;
        Drop("the connection ended");
        Settle(error);
    }

    /// <summary>The session is over.</summary>
    /// <returns>Completed when nothing runs any more.</returns>
    public Task CloseAsync(MeshException error)
    {
        var second = _second;
        _second = null;
        // It may have the session already, which is to end with a close frame.
        second?.Close(CloseCodes.Normal);
        End(error);
        return second?.Completion ?? Task.CompletedTask;
    }

    void ILinkOwner.Opened(Link link)
    {
        if (link != _second) return;
        MayHaveResumed = true;
        _owner.Resume(link, session => Opened(link, session), error =>
        {
            if (link == _second) GiveUp(error.Message);
        });
    }

    // Until it is the connection's, what it is told the first is told too.
    void ILinkOwner.Received(Link link, string command, RawJson payload)
    {
    }

    void ILinkOwner.Ended(Link link, string reason)
    {
        if (link != _second) return;
        Drop(reason);
        Fail(Errors.NotRenewed($"the second connection ended ({link.CloseCode}: {reason})"));
    }

    private void Opened(Link link, Session session)
    {
        if (link != _second || link.CloseCode != 0) return;
        _second = null;
        _tooLate.Cancel();
        if (!session.IsResumed)
        {
            MayHaveResumed = false;
            link.Close(CloseCodes.Normal);
            Fail(Errors.NotRenewed("the session was not resumed, as by another user"));
            return;
        }
        link.Owner = _owner;
        _owner.Replace(link, session);
        Watch(link, session);
        Settle();
    }

    private void Begin()
    {
        if (_renewing is not null) return;
        _due.Cancel();
        _isAwaited = false;
        _renewing = Completions.Create();
        if (_dialer.HasTokens) _ = AuthenticateAsync(_renewing);
        else Replace();
    }

    private async Task AuthenticateAsync(TaskCompletionSource renewing)
    {
        // Nothing of the application's runs with the gate held.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        string? token = null;
        MeshException? failure = null;
        try
        {
            using var patience = new CancellationTokenSource(_options.ConnectTimeout, _gate.Time);
            token = await _dialer.GetTokenAsync(patience.Token).AsTask().WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            failure = Errors.NotRenewed(failed.Message);
        }
        lock (_gate.Lock)
        {
            if (_renewing != renewing) return;
            if (failure is not null) Fail(failure);
            else if (token is null) Replace();
            else Authenticate(token, renewing);
        }
    }

    private void Authenticate(string token, TaskCompletionSource renewing) => _first!.Request(
        CommandNames.Authenticate,
        new(token),
        ClientJson.Default.AuthenticateRequest,
        ClientJson.Default.AuthenticatedResult,
        _options.CommandTimeout,
        (result, error) =>
        {
            if (_renewing != renewing) return;
            if (error is null)
            {
                Schedule(AuthenticatedResult.Time(result!.AuthenticatedFor));
                Settle();
            }
            else if (error.Code == ErrorCodes.Invalid)
            {
                // By something else than a token.
                Replace();
            }
            else
            {
                Fail(error);
            }
        });

    // Make before break: the first is closed by the server once the second has resumed.
    private void Replace()
    {
        _second = _owner.Dial(this);
        _tooLate.Set(_options.ConnectTimeout);
        _second.Start();
    }

    private void GiveUp(string reason)
    {
        Drop(reason);
        Fail(Errors.NotRenewed(reason));
    }

    // Without a close frame, which would end the session if the second has it.
    private void Drop(string reason)
    {
        var second = _second;
        _second = null;
        _tooLate.Cancel();
        second?.Abandon(reason);
        second?.Discard();
    }

    private void Fail(MeshException error)
    {
        if (!_isAwaited) _owner.Report(error);
        Settle(error);
        if (_first is not { } first) return;
        if (first.CloseCode != 0) _owner.Ended(first, error.Message);
        else if (_lasts is { } lasts) _due.Set(Longer(ShortestPause, (lasts - _since.Elapsed(_gate.Time)) / 10));
    }

    private void Settle(MeshException? error = null)
    {
        var renewing = _renewing;
        _renewing = null;
        if (error is null) renewing?.TrySetResult();
        else renewing?.Fail(error);
    }

    private void Schedule(TimeSpan? authenticatedFor)
    {
        _lasts = authenticatedFor;
        _since = Moment.Now(_gate.Time);
        if (authenticatedFor is { } lasts) _due.Set(lasts - Shorter(LongestAhead, lasts / 5));
        else _due.Cancel();
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
