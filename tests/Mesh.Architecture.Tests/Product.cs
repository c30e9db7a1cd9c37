using System.Reflection;
using System.Runtime.CompilerServices;
using ArchUnitNET.Loader;

namespace Mesh.Architecture.Tests;

/// <summary>The assemblies of src/, and what was written in them.</summary>
internal static class Product
{
    public static Assembly Protocol { get; } = typeof(Mesh.Protocol.CommandNames).Assembly;

    public static Assembly Server { get; } = typeof(Mesh.Server.MeshOptions).Assembly;

    public static Assembly Redis { get; } = typeof(Mesh.Server.MeshRedisOptions).Assembly;

    public static Assembly Client { get; } = typeof(Mesh.Client.MeshClient).Assembly;

    public static IReadOnlyList<Assembly> Assemblies { get; } = [Protocol, Server, Redis, Client];

    /// <summary>The same as ArchUnit sees it, with what depends on what.</summary>
    public static ArchUnitNET.Domain.Architecture Architecture { get; } = new ArchLoader().LoadAssemblies([.. Assemblies]).Build();

    /// <summary>All types of Mesh's own namespaces, without those that the compiler or a source generator made.</summary>
    public static IEnumerable<System.Type> Types { get; } =
    [
        .. Assemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.Namespace?.StartsWith("Mesh.", StringComparison.Ordinal) is true && !IsGenerated(type)),
    ];

    /// <summary>The public constants of a class, by name.</summary>
    public static IReadOnlyDictionary<string, object> Constants(System.Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral)
            .ToDictionary(field => field.Name, field => field.GetRawConstantValue()!, StringComparer.Ordinal);

    private static bool IsGenerated(System.Type type) =>
        type.Name.Contains('<', StringComparison.Ordinal)
        || type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || type.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), inherit: false)
        || (type.DeclaringType is { } outer && IsGenerated(outer));
}
