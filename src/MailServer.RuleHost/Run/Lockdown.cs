using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MailServer.Posix;

namespace MailServer.RuleHost;

/// <summary>The locks of a worker, in their order. docs/adr/0024 says what each is for.</summary>
internal static class Lockdown
{
    /// <summary>
    /// Octets of address space. The runtime reserves most of it and uses little; with the heap's own limit (given by the server) 600 MiB are enough to start,
    /// and threads or native memory without end are not.
    /// </summary>
    private const ulong AddressSpace = 1024UL * 1024 * 1024;

    /// <summary>Seconds of processor time. The server ends a worker long before; this is for one whose server has died.</summary>
    private const ulong ProcessorTime = 300;

    /// <summary>Open files: the runtime holds one for each assembly while it starts.</summary>
    private const ulong OpenFiles = 256;

    /// <summary>How far a worker gives way to the server: an endless loop must not make others' mail slow before it is ended.</summary>
    private const int Nice = 5;

    /// <summary>Threads and processes of the worker's own user: all workers together.</summary>
    private const ulong Processes = 1000;

    // What a program that starts reads beside the runtime: the C library and its kin, and how many processors and how much memory there are.
    private static readonly string[] StartFiles =
    [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/proc/self", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu", "/sys/devices/system/node",
    ];

    // What is used without being referred to: by the runtime for stack traces, by scripts.
    private static readonly string[] Assemblies =
    [
        .. ScriptLibraries.Names, "System.Collections.Concurrent", "System.Collections.Immutable", "System.Diagnostics.StackTrace", "System.IO.Compression",
        "System.IO.MemoryMappedFiles", "System.Numerics.Vectors", "System.Reflection.Metadata", "System.Text.Encoding.Extensions", "System.Threading",
    ];

    /// <summary>Takes away what can be taken before a program starts, and executes this program anew. Does not return.</summary>
    /// <exception cref="PosixException">The system refuses one of the locks.</exception>
    /// <exception cref="LockdownException">The locks cannot be made here.</exception>
    public static void BeforeStart(RunOptions options, string[] arguments)
    {
        var program = Environment.ProcessPath ?? throw new LockdownException("the program has no path");
        string[] command = Path.GetFileNameWithoutExtension(program) == "dotnet" ? ["exec", Assembly.GetExecutingAssembly().Location, .. arguments] : arguments;
        var readable = Readable(program);

        if (options.User is { } user)
        {
            ProcessLocks.BecomeUser(user.User, user.Group);
            ProcessLocks.Limit((ProcessLimit.Processes, Processes));
        }
        else if (ProcessLocks.IsRoot)
        {
            throw new LockdownException("a worker never runs as root");
        }

        ProcessLocks.RefusePrivileges();
        ProcessLocks.CloseOthersAtExecute();
        ProcessLocks.GiveWay(Nice);
        ProcessLocks.Limit((ProcessLimit.Core, 0UL), (ProcessLimit.FileSize, 0UL), (ProcessLimit.OpenFiles, OpenFiles), (ProcessLimit.ProcessorTime, ProcessorTime));
        var environment = Settings();
        if (options.Bubblewrap is { } bubblewrap)
            ProcessLocks.Execute(bubblewrap, [.. Bubblewrap(readable), program, .. command], environment, AddressSpace);
        if (Landlock.Version == 0)
            throw new LockdownException("this kernel has no Landlock");
        Landlock.Restrict(readable, Executable(program));
        ProcessLocks.Execute(program, command, environment, AddressSpace);
    }

    /// <summary>Takes away what only a program that has started can do without.</summary>
    /// <exception cref="PosixException">The system refuses one of the locks.</exception>
    /// <exception cref="LockdownException">They do not hold.</exception>
    public static void AfterStart()
    {
        LoadWhatMayBeNeeded();
        ProcessLocks.HideMemory();
        SystemCallFilter.Apply();
        if (Holes() is { } hole)
            throw new LockdownException($"{hole} is still possible");
    }

    /// <summary>Loads what the API, the worker's own code and scripts may come to use: afterwards no file can be opened, not even the runtime's own.</summary>
    private static void LoadWhatMayBeNeeded()
    {
        string[] own = ["MailServer.Rules", "MailServer.Abstractions", "MailServer.Posix"];
        foreach (var name in own.SelectMany(name => Assembly.Load(name).GetReferencedAssemblies()).Concat(Assemblies.Select(name => new AssemblyName(name))))
            try
            {
                Assembly.Load(name);
            }
            catch (FileNotFoundException)
            {
                // Not part of every version of the framework.
            }

        // Keys of notes may be digests, and those come from a library of the system.
        _ = SHA256.HashData([]);
    }

    /// <summary>Tries what must be impossible now.</summary>
    private static string? Holes() =>
        File.Exists("/etc/passwd") || Directory.Exists("/") ? "looking at files" : SystemCallFilter.CanMakeProcesses() ? "making processes" : null;

    private static string[] Readable(string program)
    {
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return [AppContext.BaseDirectory, Path.GetDirectoryName(program) ?? "/", .. File.Exists(Path.Combine(runtime, "dotnet")) ? [runtime] : (string[])[], .. StartFiles];
    }

    // The program and the loader that the kernel starts it with.
    private static string[] Executable(string program) =>
        [program, "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1"];

    private static List<string> Bubblewrap(string[] readable)
    {
        List<string> words = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--proc", "/proc"];
        foreach (var path in readable.Where(path => !path.StartsWith("/proc/", StringComparison.Ordinal)))
            words.AddRange(["--ro-bind-try", path, path]);
        return words;
    }

    // The server gave us the runtime's settings and nothing else; what may be in the way of the runtime's start stays with us.
    private static List<string> Settings()
    {
        List<string> settings = [];
        foreach (System.Collections.DictionaryEntry setting in Environment.GetEnvironmentVariables())
            if (setting.Key is string name && (name.StartsWith("DOTNET_", StringComparison.Ordinal) || name == "MALLOC_ARENA_MAX"))
                settings.Add($"{name}={setting.Value}");
        return settings;
    }
}

/// <summary>A worker cannot be locked down, and so must not run.</summary>
internal sealed class LockdownException(string reason) : Exception(reason);
