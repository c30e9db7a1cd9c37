using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Mesh.Server;

/// <summary>Serves the browser client's modules, which are embedded in this assembly.</summary>
internal static class ClientModules
{
    private const string Prefix = "client/";

    private static readonly FrozenDictionary<string, (byte[] Bytes, EntityTagHeaderValue Tag)> Modules = Load();

    public static void MapClientModules(this IEndpointRouteBuilder endpoints, string pattern) =>
        endpoints.MapGet($"{pattern.TrimEnd('/')}/mesh/{{module}}", static (string module) =>
            Modules.TryGetValue(module, out var found)
                ? Results.Bytes(found.Bytes, "text/javascript; charset=utf-8", entityTag: found.Tag)
                : Results.NotFound())
            .ExcludeFromDescription()
            .AllowAnonymous()
            .AddEndpointFilter(static (context, next) =>
            {
                // Always asked for anew, and answered 304 while it is the same.
                context.HttpContext.Response.Headers.CacheControl = "no-cache";
                return next(context);
            });

    private static FrozenDictionary<string, (byte[], EntityTagHeaderValue)> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..], name => Read(assembly, name), StringComparer.Ordinal);
    }

    private static (byte[], EntityTagHeaderValue) Read(Assembly assembly, string name)
    {
        using var resource = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return (bytes, new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\""));
    }
}
