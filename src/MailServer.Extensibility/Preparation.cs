using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;

namespace MailServer.Extensibility;

/// <summary>
/// Compiles plugins' code before a session needs it: what is loaded so that it can go again is compiled when it is first called, and the first
/// commands after a start or a reload would wait for that. Only while no session runs: one that comes has what it needs compiled itself,
/// and must not share the processor with what it does not.
/// </summary>
/// <param name="sessions">How many sessions run.</param>
/// <param name="time">The clock.</param>
internal sealed class Preparation(Func<int> sessions, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    // What sessions need they have compiled themselves by then.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

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

        // Whoever adds may be a session, whose context must not stay with this.
        ThreadPool.UnsafeQueueUserWorkItem(static preparation => _ = preparation.RunAsync(), this, preferLocal: false);
    }

    private async Task RunAsync()
    {
        while (Next() is { } generation)
            await PrepareAsync(generation).ConfigureAwait(false);
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

    private async ValueTask PrepareAsync(Generation generation)
    {
        if (!generation.TryLease())
            return;
        try
        {
            if (generation.Assembly is not { } assembly)
                return;
            var start = time.GetTimestamp();
            foreach (var token in MethodsIn(Path.Combine(generation.Shadow ?? "", generation.Manifest.FileName)))
            {
                if (generation.IsRetired || !await IsQuietAsync(start).ConfigureAwait(false))
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

    /// <summary>Waits for a moment without sessions, as behind a monitor's look at a port. False when there is none for long.</summary>
    private async ValueTask<bool> IsQuietAsync(long start)
    {
        while (sessions() > 0)
        {
            if (time.GetElapsedTime(start) > Patience)
                return false;
            await Task.Delay(Look, time).ConfigureAwait(false);
        }

        return true;
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
