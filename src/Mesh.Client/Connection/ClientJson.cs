using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Mesh.Protocol;

namespace Mesh.Client;

/// <summary>The JSON of what a client sends and receives. Unknown members are accepted, duplicate ones refused.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    AllowDuplicateProperties = false,
    MaxDepth = ProtocolJson.DeepestNesting,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LeftToken[]))]
[JsonSerializable(typeof(SessionRequest))]
[JsonSerializable(typeof(SessionResult))]
[JsonSerializable(typeof(AuthenticateRequest))]
[JsonSerializable(typeof(AuthenticatedResult))]
[JsonSerializable(typeof(RoomRequest))]
[JsonSerializable(typeof(SubscribeRequest))]
[JsonSerializable(typeof(PublishRequest))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(EnterRequest))]
[JsonSerializable(typeof(EnterRoom))]
[JsonSerializable(typeof(EnterResult))]
[JsonSerializable(typeof(JoinResult))]
[JsonSerializable(typeof(SubscribeResult))]
[JsonSerializable(typeof(StatesResult))]
[JsonSerializable(typeof(PublishResult))]
[JsonSerializable(typeof(RestoreResult))]
[JsonSerializable(typeof(PlainUpdate))]
[JsonSerializable(typeof(MetadataRequest))]
[JsonSerializable(typeof(ConnectionRequest))]
[JsonSerializable(typeof(MetadataResult))]
[JsonSerializable(typeof(StampRecord))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(double))]
internal sealed partial class ClientJson : JsonSerializerContext
{
    public static RawJson Write<T>(T value, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToUtf8Bytes(value, type));
}
