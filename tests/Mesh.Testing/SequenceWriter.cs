using System.Text;
using System.Text.Json;
using Mesh.Protocol;

namespace Mesh.Testing;

/// <summary>Writes the steps of a sequence, and runs each to write what comes of it.</summary>
internal sealed class SequenceWriter : IDisposable
{
    private readonly MemoryStream _text = new();
    private readonly Utf8JsonWriter _writer;
    private readonly Identifier _identifier;
    private readonly string _name;
    private readonly UserViewRun _run;
    private readonly List<Member> _unanswered = [];
    private RosterDiff? _last;

    public SequenceWriter(string name, Identifier identifier)
    {
        _name = name;
        _identifier = identifier;
        _run = new(identifier);
        _writer = new(_text);
        _writer.WriteStartObject();
        _writer.WriteString("name", name);
        _writer.WriteStartObject("identifier");
        _writer.WriteString("field", identifier.Field);
        if (identifier.Async) _writer.WriteBoolean("async", true);
        if (identifier.Throws) _writer.WriteBoolean("throws", true);
        _writer.WriteEndObject();
        _writer.WriteStartArray("steps");
    }

    public bool CanAnswer => _unanswered.Count > 0;

    public void Take(Roster roster)
    {
        _last = null;
        _run.Take(roster);
        WriteStep(() => Write("roster", JsonSerializer.SerializeToUtf8Bytes(roster, ProtocolJson.Default.Roster)));
    }

    public void Take(RosterDiff diff)
    {
        _last = diff;
        _run.Take(diff);
        WriteStep(() => Write("diff", JsonSerializer.SerializeToUtf8Bytes(diff, ProtocolJson.Default.RosterDiff)));
    }

    /// <summary>The last diff comes twice.</summary>
    public void TakeLastAgain()
    {
        if (_last is not null) Take(_last);
    }

    /// <summary>The identifier answers for any of the states it was asked about, perhaps for one that is long gone.</summary>
    public void Answer(Random random)
    {
        var at = random.Next(_unanswered.Count);
        var member = _unanswered[at];
        _unanswered.RemoveAt(at);
        var id = _identifier.AnswerFor(member.State);
        _run.Answer(member.ConnectionId, member.Stamp ?? default, id);
        WriteStep(() =>
        {
            _writer.WriteStartObject("answer");
            _writer.WriteString("connectionId", member.ConnectionId);
            Write("stamp", JsonSerializer.SerializeToUtf8Bytes(member.Stamp, ProtocolJson.Default.NullableStamp));
            if (!id.IsAbsent) Write("id", id.Utf8.Span);
            else if (_identifier.Throws) _writer.WriteBoolean("throws", true);
            else _writer.WriteNull("id");
            _writer.WriteEndObject();
        });
    }

    public Sequence ToSequence()
    {
        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.Flush();
        var json = Encoding.UTF8.GetString(_text.GetBuffer(), 0, (int)_text.Length);

        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text)) WriteUsers(writer);
        return new(_name, json, Encoding.UTF8.GetString(text.ToArray()));
    }

    public void Dispose()
    {
        _writer.Dispose();
        _text.Dispose();
    }

    private void WriteStep(Action writeInput)
    {
        _writer.WriteStartObject();
        writeInput();
        _writer.WritePropertyName("users");
        WriteUsers(_writer);
        _writer.WriteStartArray("asked");
        foreach (var member in _run.Asked) _writer.WriteStringValue(member.ConnectionId);
        _writer.WriteEndArray();
        _writer.WriteEndObject();
        if (_identifier.Async) _unanswered.AddRange(_run.Asked);
    }

    private void WriteUsers(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var user in _run.Users)
        {
            writer.WriteStartObject();
            writer.WriteString("id", user.Id);
            writer.WritePropertyName("state");
            writer.WriteRawValue(user.State.Utf8.Span);
            writer.WriteNumber("tabCount", user.TabCount);
            if (user.Verified) writer.WriteBoolean("verified", true);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private void Write(string name, ReadOnlySpan<byte> json)
    {
        _writer.WritePropertyName(name);
        _writer.WriteRawValue(json);
    }
}
