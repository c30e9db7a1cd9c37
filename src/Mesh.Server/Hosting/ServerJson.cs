using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Server;

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RoomRequest))]
[JsonSerializable(typeof(SubscribeRequest))]
[JsonSerializable(typeof(StateRequest))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(EnterRequest))]
[JsonSerializable(typeof(RoomEntry))]
[JsonSerializable(typeof(SessionRequest))]
[JsonSerializable(typeof(AuthenticateRequest))]
[JsonSerializable(typeof(AuthenticatedResult))]
[JsonSerializable(typeof(MetadataRequest))]
[JsonSerializable(typeof(ConnectionRequest))]
[JsonSerializable(typeof(JoinResult))]
[JsonSerializable(typeof(SubscribeResult))]
[JsonSerializable(typeof(StatesResult))]
[JsonSerializable(typeof(SubscribedToDiffs))]
[JsonSerializable(typeof(SuccessResult))]
[JsonSerializable(typeof(MetadataResult))]
[JsonSerializable(typeof(SessionResult))]
[JsonSerializable(typeof(PublishResult))]
[JsonSerializable(typeof(RestoreResult))]
[JsonSerializable(typeof(EnteredRoom))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(PresenceMove))]
[JsonSerializable(typeof(PresenceState))]
internal sealed partial class ServerJson : JsonSerializerContext;
