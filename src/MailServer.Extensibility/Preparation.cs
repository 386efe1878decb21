using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;

namespace MailServer.Extensibility;

/// <summary>
/// Compiles plugins' code before a session needs it: what is loaded so that it can go again is compiled when it is first called, and the first
/// commands after a start or a reload would wait for that. Only while no session runs: the first that comes ends it, has compiled what it needs,
/// and must not share the processor with what it does not.
/// </summary>
/// <param name="sessions">How many sessions run.</param>
internal sealed class Preparation(Func<int> sessions)
{
    private readonly Lock _gate = new();
    private readonly Queue<Generation> _waiting = new();
    private bool _isOpen;
    private bool _isRunning;

    /// <summary>From now on what was added, and will be, is compiled. Not before: the first banner comes first.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _isOpen = true;
            Start();
        }
    }

    /// <summary>Takes up a generation. One that was loaded in place is compiled already.</summary>
    public void Add(Generation generation)
    {
        if (generation.Shadow is null)
            return;
        lock (_gate)
        {
            _waiting.Enqueue(generation);
            Start();
        }
    }

    private void Start()
    {
        if (!_isOpen || _isRunning || _waiting.Count == 0)
            return;
        _isRunning = true;

        // A thread of its own, since it takes half a second of a processor; unsafe, since whoever adds may be a session.
        new Thread(Run) { IsBackground = true, Name = "compiling plugins" }.UnsafeStart();
    }

    private void Run()
    {
        while (Next() is { } generation)
            Prepare(generation);
    }

    private Generation? Next()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
                return next;
            _isRunning = false;
            return null;
        }
    }

    // A method of its own: when it has returned, nothing on this thread holds the plugin.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Prepare(Generation generation)
    {
        if (!generation.TryLease())
            return;
        try
        {
            if (generation.Assembly is not { } assembly)
                return;
            foreach (var token in MethodsIn(Path.Combine(generation.Shadow ?? "", generation.Manifest.FileName)))
            {
                if (generation.IsRetired || sessions() > 0)
                    return;
                Prepare(assembly.ManifestModule.ModuleHandle, token);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            // Somebody cleans up in the copies' directory; what has been loaded runs on.
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>The methods that have one body each. Read from the file: reflection would keep an object for every method.</summary>
    private static List<int> MethodsIn(string path)
    {
        using var image = new PEReader(File.OpenRead(path));
        var metadata = image.GetMetadataReader();
        List<int> tokens = [];
        foreach (var handle in metadata.MethodDefinitions)
            if (metadata.GetMethodDefinition(handle) is var method && (method.Attributes & MethodAttributes.Abstract) == 0 && method.GetGenericParameters().Count == 0
                && metadata.GetTypeDefinition(method.GetDeclaringType()).GetGenericParameters().Count == 0)
                tokens.Add(MetadataTokens.GetToken(handle));
        return tokens;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "code that cannot be compiled fails where it is called")]
    private static void Prepare(ModuleHandle module, int token)
    {
        try
        {
            RuntimeHelpers.PrepareMethod(module.GetRuntimeMethodHandleFromMetadataToken(token));
        }
        catch (Exception)
        {
            // A plugin may bring code for another platform, or lack a library that it seldom needs.
        }
    }
}
