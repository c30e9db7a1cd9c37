using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Maps Mesh into an application's routes.</summary>
public static class MeshEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Takes WebSockets at <paramref name="pattern"/>, and offers the browser client's modules under it, as <c>mesh/client.js</c> and
    /// <c>mesh/client-utils.js</c>. Other requests to the pattern go to whatever else is mapped there, such as a page.
    /// </summary>
    /// <exception cref="InvalidOperationException"><c>AddMesh</c> was not called.</exception>
    public static MeshEndpointBuilder MapMesh(this IEndpointRouteBuilder endpoints, string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        var admission = endpoints.ServiceProvider.GetService<Admission>()
            ?? throw new InvalidOperationException("Mesh is not there: call builder.Services.AddMesh() before app.MapMesh().");
        var commands = endpoints.ServiceProvider.GetRequiredService<CommandTable>();

        var pipeline = endpoints.CreateApplicationBuilder();
        var origins = new OriginPolicy(endpoints.ServiceProvider.GetRequiredService<IOptions<MeshOptions>>().Value.AllowedOrigins);
        pipeline.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        pipeline.Run(http =>
            !http.WebSockets.IsWebSocketRequest ? RefuseAsync(http, StatusCodes.Status400BadRequest, "This is no sound WebSocket request.")
            : !origins.Allows(http.Request) ? RefuseAsync(http, StatusCodes.Status403Forbidden, "Pages of this origin may not connect: see AllowedOrigins.")
            : admission.RunAsync(http));

        endpoints.MapClientModules(pattern);
        var mapped = endpoints.Map(pattern, pipeline.Build()).WithMetadata(new MeshEndpoint()).WithDisplayName($"Mesh {pattern}");
        return new(mapped, commands);
    }

    private static Task RefuseAsync(HttpContext http, int status, string why)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(why);
    }
}
