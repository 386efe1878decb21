using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins.Loader;

namespace MailServer.Extensibility;

/// <summary>Loads a plugin's assembly and constructs its entry point.</summary>
internal static class GenerationLoader
{
    /// <summary>
    /// What a plugin gets from the server, though it may have a copy of its own: the contract, since its types must be the same ones, and
    /// heavy libraries, since code in a collectible context is neither precompiled nor tiered. A newer version than the server's is the plugin's own.
    /// </summary>
    private static readonly HashSet<string> Shared = new(StringComparer.OrdinalIgnoreCase)
    {
        "MailServer.Abstractions",
        "MailServer.Wire",
        "Microsoft.Extensions.Logging.Abstractions",
        "MimeKit",
        "BouncyCastle.Cryptography",
        "Microsoft.Data.Sqlite",
    };

    /// <summary>Whether a plugin gets an assembly from the server.</summary>
    public static bool IsShared(string assemblyName) => Shared.Contains(assemblyName);

    /// <summary>Makes a load context and loads the main assembly in it.</summary>
    public static Assembly Load(string mainAssemblyPath, bool isCollectible)
    {
        var builder = new AssemblyLoadContextBuilder().SetMainAssemblyPath(mainAssemblyPath).IsLazyLoaded(true);
        if (isCollectible)
            builder = builder.EnableUnloading().PreloadAssembliesIntoMemory();
        // Naming what is shared to the builder would load it at once, MimeKit too. So all is shared, but for what the plugin brings.
        builder = builder.PreferDefaultLoadContext(true);
        foreach (var name in Directory.EnumerateFiles(Path.GetDirectoryName(mainAssemblyPath) ?? "", "*.dll").Select(Path.GetFileNameWithoutExtension))
            if (name is not null && !IsShared(name))
                builder = builder.PreferLoadContextAssembly(new AssemblyName(name));
        var context = builder.Build();
        return isCollectible ? LoadIntoMemory(context, mainAssemblyPath) : context.LoadFromAssemblyPath(mainAssemblyPath);
    }

    // The file can be deleted, and no map of it outlives the context.
    private static Assembly LoadIntoMemory(AssemblyLoadContext context, string path)
    {
        try
        {
            using var image = File.OpenRead(path);
            var symbolsPath = Path.ChangeExtension(path, ".pdb");
            using var symbols = File.Exists(symbolsPath) ? File.OpenRead(symbolsPath) : null;
            return context.LoadFromStream(image, symbols);
        }
        catch
        {
            context.Unload();
            throw;
        }
    }

    /// <summary>Constructs the entry point.</summary>
    /// <exception cref="PluginLoadException">The type is not there or not what it must be.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IPlugin Construct(Assembly assembly, PluginManifest manifest, string path)
    {
        var type = assembly.GetType(manifest.EntryPoint)
            ?? throw new PluginLoadException(path, $"entry point {manifest.EntryPoint} is not in the assembly");
        if (!typeof(IPlugin).IsAssignableFrom(type))
            throw new PluginLoadException(path, $"entry point {manifest.EntryPoint} does not implement {nameof(IPlugin)}");
        if (!type.IsVisible || type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null)
            throw new PluginLoadException(path, $"entry point {manifest.EntryPoint} is not a public type with a parameterless constructor");
        return Activator.CreateInstance(type, BindingFlags.DoNotWrapExceptions, null, null, null) as IPlugin
            ?? throw new PluginLoadException(path, $"entry point {manifest.EntryPoint} cannot be constructed");
    }
}
