using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Mesh.Server;

/// <summary>Refuses origins that would be ignored, and so let everybody in, or never match.</summary>
internal sealed class AllowedOriginsValidator(IConfiguration configuration) : IValidateOptions<MeshOptions>
{
    private const string Key = $"{MeshOptions.Section}:{nameof(MeshOptions.AllowedOrigins)}";

    public ValidateOptionsResult Validate(string? name, MeshOptions options)
    {
        if (!string.IsNullOrEmpty(configuration[Key])) return ValidateOptionsResult.Fail($"{Key} is a list: set {Key}:0 and so on.");
        return options.AllowedOrigins.FirstOrDefault(it => !IsOrigin(it)) is { } wrong
            ? ValidateOptionsResult.Fail($"{Key} has \"{wrong}\", which no browser sends: write scheme://host, with a port only if it is not the scheme's own.")
            : ValidateOptionsResult.Success;
    }

    private static bool IsOrigin(string origin) =>
        origin == "*" || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && string.Equals(origin, $"{uri.Scheme}{Uri.SchemeDelimiter}{uri.Authority}", StringComparison.OrdinalIgnoreCase));
}
