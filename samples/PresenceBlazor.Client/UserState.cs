using System.Text.Json.Serialization;

namespace PresenceBlazor.Client;

/// <summary>What a user says of themselves, as the demo in JavaScript writes it.</summary>
internal sealed record UserState(string UserId, string Username, string Status);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(UserState))]
internal sealed partial class DemoJson : JsonSerializerContext;
