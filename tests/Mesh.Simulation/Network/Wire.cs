namespace Mesh.Simulation;

/// <summary>One connection below a WebSocket. What is sent arrives in order, or not at all; on a wire that is cut it waits.</summary>
internal sealed class Wire
{
    private readonly Net _net;
    private readonly Direction _toClient;
    private readonly Direction _toNode;

    public Wire(Net net, Machine client, Machine node)
    {
        (_net, Client, Node) = (net, client, node);
        ClientEnd = new(this, client);
        NodeEnd = new(this, node);
        _toClient = new(this, client, ClientEnd);
        _toNode = new(this, node, NodeEnd);
    }

    public Machine Client { get; }

    public Machine Node { get; }

    public SimulatedWebSocket ClientEnd { get; }

    public SimulatedWebSocket NodeEnd { get; }

    private bool IsCut => _net.IsCut(Client) || _net.IsCut(Node);

    public void Send(SimulatedWebSocket from, Piece piece) => From(from).Send(piece);

    /// <summary>One end is gone without a word: the other learns of it unless the wire is cut.</summary>
    public void End(SimulatedWebSocket by) => From(by).End();

    /// <summary>Both ends are told that the connection is lost.</summary>
    public void Break()
    {
        _toClient.End();
        _toNode.End();
    }

    /// <summary>The wire is no longer cut.</summary>
    public void Release()
    {
        if (IsCut) return;
        _toClient.Release();
        _toNode.Release();
    }

    private Direction From(SimulatedWebSocket end) => end == ClientEnd ? _toNode : _toClient;

    private sealed class Direction(Wire wire, Machine receiver, SimulatedWebSocket end)
    {
        private readonly Pipe _pipe = new(wire._net.Timeline, receiver, () => wire.IsCut, () => wire._net.Latency);
        private bool _isEnded;
        private bool _isTold;

        public void Send(Piece piece)
        {
            if (_isEnded) return;
            wire._net.Timeline.Mix((ulong)piece.Bytes.Length);
            wire._net.Note?.Invoke($"to {receiver.Name}: {piece}");
            _pipe.Send(() => end.Take(piece));
        }

        public void End()
        {
            _isEnded = true;
            _pipe.Clear();
            if (!wire.IsCut) Tell();
        }

        public void Release()
        {
            _pipe.Release();
            if (_isEnded) Tell();
        }

        private void Tell()
        {
            if (_isTold) return;
            _isTold = true;
            receiver.After(_pipe.UntilNext(), end.Fail);
            wire._net.Forget(wire);
        }
    }
}
