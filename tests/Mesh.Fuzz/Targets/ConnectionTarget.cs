using System.Text;

namespace Mesh.Fuzz;

/// <summary>
/// A whole connection, or a few: a sequence of messages over WebSockets in memory, at a server that goes on from input to input. After
/// each a bystander is probed, nothing may have been logged, and nothing of the others may be left.
/// </summary>
internal sealed class ConnectionTarget(bool isPlanted) : ITarget
{
    public const string Name = "connection";

    private const int MostTries = 60;
    // Longer than any grace, and so long that the bystander may send as many commands as it does.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Try = TimeSpan.FromMilliseconds(50);

    private FuzzedServer? _server;
    private Bystander? _bystander;

    public IReadOnlyList<byte[]> Seeds { get; } = [.. Sequences.All.Select(Encoding.UTF8.GetBytes)];

    public IMutator Mutator { get; } = new SequenceMutator();

    public async ValueTask<string?> RunAsync(byte[] input)
    {
        if (_server is null || _bystander is null)
        {
            _server = new(isPlanted);
            _bystander = new(_server);
            await _bystander.OpenAsync();
        }
        var sequence = new Sequence(_server, _bystander);
        await sequence.RunAsync(input);
        var wrong = sequence.Wrong ?? await AnswerAsync(_server, sequence) ?? await EndAsync(_server, sequence.Visitors) ?? await _bystander.ProbeAsync() ?? _server.Log.First;
        // What comes after is not to be blamed for it.
        if (wrong is not null) _server = null;
        return wrong;
    }

    // Who sent too much is answered more slowly.
    private static async ValueTask<string?> AnswerAsync(FuzzedServer server, Sequence sequence)
    {
        for (var tries = 0; sequence.Visitors.Any(it => it.IsOwedAnswers); tries++)
        {
            if (tries == MostTries) return "not each request was answered once";
            await server.PassAsync(Try);
            await sequence.LookAsync();
        }
        return sequence.Wrong;
    }

    private static async ValueTask<string?> EndAsync(FuzzedServer server, IReadOnlyList<Visitor> visitors)
    {
        foreach (var visitor in visitors) visitor.Drop();
        await server.PassAsync(Rest);
        for (var tries = 0; visitors.Any(it => !it.IsOver) || server.Mesh.Connections.Count > 1; tries++)
        {
            if (tries == MostTries) return $"{visitors.Count(it => !it.IsOver)} connections do not end, {server.Mesh.Connections.Count - 1} stay";
            await server.PassAsync(Try);
        }
        foreach (var visitor in visitors)
        {
            if (visitor.Failure is { } failure) return failure.ToString();
            if (visitor.CloseCode == CloseCodes.ServerFailed) return "the server closed with 1011";
        }
        foreach (var room in Words.Rooms.Where(it => RoomName.IsValid(it) && it is not (App.Lobby or App.Private)))
            if (await server.Mesh.Room(room).ReadAsync() is { Count: > 0 } left) return $"{left.Count} members are left in {room}";
        return null;
    }
}
