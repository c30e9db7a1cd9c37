namespace Mesh.Client.Tests;

/// <summary>An <see cref="OwnState"/> whose server and storage are the test.</summary>
internal sealed class OwnStateBench : IOwnStateOwner
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Queue<Action<Acknowledgement, MeshException?>> _publishing = [];
    private readonly Queue<Action<RestoreResult?, MeshException?>> _restoring = [];
    private readonly ClientGate _gate;

    public OwnStateBench()
    {
        _gate = new(_time);
        Own = new(_gate, this);
    }

    public OwnState Own { get; }

    public long Now => _gate.UnixMilliseconds;

    public List<Publication> Published { get; } = [];

    public List<OwnRecord> Restored { get; } = [];

    public List<OwnRecord> Stored { get; } = [];

    public List<(OwnRecord Refused, OwnRecord? Last)> Reverted { get; } = [];

    /// <summary>What is stored now.</summary>
    public OwnRecord? Kept { get; set; }

    /// <summary>A start finds this stored.</summary>
    public void Find(OwnRecord record)
    {
        Kept = record;
        Own.Contribute(record);
    }

    /// <summary>Acknowledges the publication that has waited longest, at this revision of epoch 1.</summary>
    public void Answer(long revision) => _publishing.Dequeue()(new(new(1, revision)) { HasChanged = true }, null);

    /// <summary>The same of a clear that found nothing.</summary>
    public void AnswerVain() => _publishing.Dequeue()(default, null);

    /// <summary>The same as a plain server does it.</summary>
    public void AnswerPlain() => _publishing.Dequeue()(new() { HasChanged = true }, null);

    public void Refuse(string code) => _publishing.Dequeue()(default, new(code, code));

    public void RefuseRestore(string code) => _restoring.Dequeue()(null, new(code, code));

    public void AnswerRestore(bool restored, string? reason = null) => _restoring.Dequeue()(new(restored, reason), null);

    public void Advance(TimeSpan time) => _time.Advance(time);

    void IOwnStateOwner.Publish(Publication publication, Action<Acknowledgement, MeshException?> answered)
    {
        Published.Add(publication);
        _publishing.Enqueue(answered);
    }

    void IOwnStateOwner.Restore(OwnRecord record, Action<RestoreResult?, MeshException?> answered)
    {
        Restored.Add(record);
        _restoring.Enqueue(answered);
    }

    IReadOnlyList<OwnRecord> IOwnStateOwner.Stored() => Kept is null ? [] : [Kept];

    void IOwnStateOwner.Store(OwnRecord record) => Stored.Add(Kept = record);

    void IOwnStateOwner.Revert(OwnRecord refused, OwnRecord? last) => Reverted.Add((refused, last));
}
