using System.Globalization;
using System.Text;

namespace Mesh.Fuzz;

/// <summary>
/// Runs an input, a step in each line: a message as it is, or what begins with an exclamation mark. It plays a few visitors, which never
/// answer anything; what the server told them takes the place of $TOKEN, $ID, $EPOCH and $REVISION.
/// </summary>
internal sealed class Sequence(FuzzedServer server, Bystander bystander)
{
    private const int MostVisitors = 4;
    private const int MostBytes = 200_000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);

    private readonly List<Visitor> _visitors = [];
    private TimeSpan _waited;
    private string _token = "";
    private string _epoch = "1";
    private string _revision = "0";

    public IReadOnlyList<Visitor> Visitors => _visitors;

    /// <summary>What was wrong with what a visitor was sent; null if nothing was.</summary>
    public string? Wrong { get; private set; }

    private Visitor Current => _visitors.Count > 0 ? _visitors[^1] : Open(null);

    public async ValueTask RunAsync(byte[] input)
    {
        foreach (var line in SequenceMutator.Lines(input)) await StepAsync(line);
        await LookAsync();
    }

    private async ValueTask StepAsync(byte[] line)
    {
        if (line is not [(byte)'!', ..])
        {
            Current.SendText(await FilledAsync(line));
            return;
        }
        var (verb, rest) = line.AsSpan().IndexOf((byte)' ') is var space and >= 0 ? (line[1..space], line[(space + 1)..]) : (line[1..], []);
        switch (Encoding.ASCII.GetString(verb))
        {
            case "open":
                await LookAsync();
                if (_visitors.Count < MostVisitors) Open(rest.Length > 0 ? AppTokens.UserOf(Encoding.UTF8.GetString(rest)) : null);
                break;
            case "close":
                Current.Close(Number(rest) % 5000);
                break;
            case "drop":
                await Pool.QuietAsync();
                Current.Drop();
                break;
            case "revoke":
                await server.Mesh.RevokeAsync(AppTokens.UserOf(Encoding.UTF8.GetString(rest)));
                break;
            case "wait":
                await WaitAsync(TimeSpan.FromMilliseconds(Number(rest)));
                break;
            case "big":
                Current.SendText($$"""{"id":1,"command":"echo","payload":"{{new string('a', Math.Min(Number(rest), MostBytes))}}"}""");
                break;
            case "binary":
                Current.Send(Opcode.Binary, rest);
                break;
            case "ping":
                Current.Send(Opcode.Ping, rest.AsSpan(0, Math.Min(rest.Length, 125)));
                break;
            case "part":
                Current.Send(Opcode.Text, rest, isFinal: false);
                break;
            case "more":
                Current.Send(Opcode.Continuation, rest, isFinal: false);
                break;
            case "end":
                Current.Send(Opcode.Continuation, rest);
                break;
            case "raw":
                Current.SendRaw(rest);
                break;
            default:
                Current.SendText(line);
                break;
        }
    }

    private Visitor Open(string? userId)
    {
        var visitor = new Visitor(server, userId);
        _visitors.Add(visitor);
        visitor.Open();
        return visitor;
    }

    private async ValueTask WaitAsync(TimeSpan duration)
    {
        var left = LongestWait - _waited;
        if (duration > left) duration = left;
        _waited += duration;
        await server.PassAsync(duration, bystander.AnswerPings);
    }

    private async ValueTask<byte[]> FilledAsync(byte[] line)
    {
        if (!line.AsSpan().Contains((byte)'$')) return line;
        await LookAsync();
        return Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(line)
            .Replace("$TOKEN", _token, StringComparison.Ordinal)
            .Replace("$EPOCH", _epoch, StringComparison.Ordinal)
            .Replace("$REVISION", _revision, StringComparison.Ordinal)
            .Replace("$OTHER", bystander.ConnectionId, StringComparison.Ordinal)
            .Replace("$ID", Current.ConnectionId, StringComparison.Ordinal));
    }

    /// <summary>Reads what was sent to all visitors, and learns from it.</summary>
    public async ValueTask LookAsync()
    {
        await Pool.QuietAsync();
        foreach (var message in _visitors.SelectMany(it => it.Take()))
        {
            Wrong ??= Sent.Judge(message);
            _token = Sent.Find(message, "\"token\":\""u8) ?? _token;
            _epoch = Sent.Find(message, "\"epoch\":"u8) ?? _epoch;
            _revision = Sent.Find(message, "\"revision\":"u8) ?? Sent.Find(message, "\"to\":"u8) ?? _revision;
        }
    }

    private static int Number(byte[] digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
