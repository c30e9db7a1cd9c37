using System.Text.Json.Nodes;

namespace Mesh.Testing;

/// <summary>A room of a <see cref="PlainServer"/>. One named <c>guarded</c> lets nobody see who is in it.</summary>
internal sealed class PlainRoom(string name)
{
    private readonly List<PlainConnection> _members = [];
    private readonly Dictionary<PlainConnection, JsonNode> _states = [];
    private readonly HashSet<PlainConnection> _subscribers = [];

    private bool IsTracked => name != "guarded";

    public JsonNode Join(PlainConnection connection)
    {
        if (!_members.Contains(connection))
        {
            _members.Add(connection);
            Tell("join", connection);
        }
        return new JsonObject { ["success"] = true, ["present"] = Present() };
    }

    public JsonNode Leave(PlainConnection connection)
    {
        _states.Remove(connection);
        if (_members.Remove(connection)) Tell("leave", connection);
        return new JsonObject { ["success"] = true };
    }

    public JsonNode Subscribe(PlainConnection connection)
    {
        if (!IsTracked) return new JsonObject { ["success"] = false, ["present"] = new JsonArray() };
        _subscribers.Add(connection);
        return new JsonObject { ["success"] = true, ["present"] = Present(), ["states"] = ById() };
    }

    public JsonNode Unsubscribe(PlainConnection connection) => _subscribers.Remove(connection);

    public JsonNode Publish(PlainConnection connection, JsonNode? state, bool silent)
    {
        if (state is null || !IsTracked || !_members.Contains(connection)) return false;
        _states[connection] = state.DeepClone();
        if (!silent) Tell("state", connection, state);
        return true;
    }

    public JsonNode Clear(PlainConnection connection)
    {
        if (!_states.Remove(connection)) return false;
        Tell("state", connection);
        return true;
    }

    public JsonNode States() => new JsonObject { ["success"] = true, ["present"] = new JsonArray([.. _members.Select(it => (JsonNode)it.Id)]), ["states"] = ById() };

    public void End(PlainConnection connection)
    {
        _subscribers.Remove(connection);
        Leave(connection);
    }

    private JsonArray Present() => new([.. _members.Select(it => new JsonObject { ["id"] = it.Id, ["metadata"] = it.Metadata?.DeepClone() })]);

    private JsonObject ById() => new(_states.Select(it => KeyValuePair.Create(it.Key.Id, (JsonNode?)it.Value.DeepClone())));

    private void Tell(string type, PlainConnection who, JsonNode? state = null)
    {
        foreach (var subscriber in _subscribers)
        {
            var update = new JsonObject { ["type"] = type, ["connectionId"] = who.Id, ["roomName"] = name };
            if (type == "state") update["state"] = state?.DeepClone();
            update["timestamp"] = 1795501447930;
            subscriber.Send(new() { ["command"] = "mesh/presence-update", ["payload"] = update });
        }
    }
}
