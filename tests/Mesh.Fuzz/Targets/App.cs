using System.Text.Json.Serialization;
using Mesh.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Fuzz;

/// <summary>An application as strangers find it: rooms with guards and validators, and commands of its own.</summary>
internal static class App
{
    public const string Lobby = "lobby";

    /// <summary>For the bystander alone.</summary>
    public const string Private = "private";

    /// <summary>Where only who is verified may publish.</summary>
    public const string Stage = "stage";

    public const string Bystander = "bystander";
    private const string Plant = "plant";

    public static readonly string[] Commands = ["echo", "move", "refuse", "shout", "who", Plant];

    public static void Configure(IMeshBuilder mesh, bool isPlanted)
    {
        mesh.TrackPresence(Private, it => it.GuardBy(context => context.Connection.UserId == Bystander).GuardJoinBy(context => context.Connection.UserId == Bystander));
        mesh.TrackPresence(Stage, it => it.GuardPublishBy(context => context.Connection.UserId is not null));
        mesh.TrackPresence("game:*", it => it.ValidateState<Place>((_, place) => place is { X: >= 0 } ? null : "X is not negative").Ttl = TimeSpan.FromSeconds(3));
        mesh.TrackPresence(Lobby);
        mesh.Use((context, next) => next(context));
        mesh.AddCommand<RawJson, RawJson>("echo", (_, payload) => payload);
        mesh.AddCommand<Place?, Place>("move", (_, place) => place is null ? throw new MeshException(ErrorCodes.Invalid, "Where to?") : place with { X = place.X + 1 });
        mesh.AddCommand<RawJson, RawJson>("refuse", Refuse);
        mesh.AddCommand<RawJson>("shout", (context, payload) => context.Services.GetRequiredService<MeshServer>().Room(Lobby).BroadcastAsync("shout", payload).AsTask());
        mesh.AddCommand<RawJson, string?>("who", (context, _) => context.Connection.UserId);
        if (isPlanted) mesh.AddCommand<RawJson, RawJson>(Plant, Fail);
    }

    private static RawJson Refuse(CommandContext context, RawJson payload) => throw new MeshException("ENOTTODAY", payload.ToString());

    private static RawJson Fail(CommandContext context, RawJson payload) => throw new InvalidOperationException("This was planted.");

    internal sealed record Place([property: JsonRequired] double X, double Y);
}
