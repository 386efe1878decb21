using System.Runtime.InteropServices;

namespace MailServer.Posix;

/// <summary>
/// Landlock (Linux 5.13 and later): a thread takes away from itself, and from all that it starts, what it may do with files and TCP ports. It binds only the
/// calling thread, so a process that has threads restricts one and has that one execute it anew.
/// </summary>
public static unsafe class Landlock
{
    private const ulong Execute = 1 << 0;
    private const ulong ReadFile = 1 << 2;
    private const ulong ReadDirectory = 1 << 3;
    private const int PathBeneath = 1; // LANDLOCK_RULE_PATH_BENEATH

    /// <summary>The kernel's version of it; 0 where it is missing or switched off.</summary>
    /// <remarks><c>MAILSERVER_LANDLOCK=none</c> in the environment acts as if it were missing, so that this road can be tried on any machine.</remarks>
    public static int Version
    {
        get
        {
            if (!SystemCall.IsKnownProcessor || Environment.GetEnvironmentVariable("MAILSERVER_LANDLOCK") == "none")
                return 0;
            const nuint askVersion = 1; // LANDLOCK_CREATE_RULESET_VERSION
            return Math.Max(0, (int)Libc.Call(SystemCall.LandlockCreate.Number, 0, 0, askVersion, 0));
        }
    }

    /// <summary>
    /// From now on the calling thread reads what lies below some paths, executes some files, and does nothing else with files, no TCP, and no signals and
    /// abstract sockets of others, as far as the kernel's version knows these. Needs no-new-privs.
    /// </summary>
    /// <param name="readable">Folders and files; one that is not there is passed over.</param>
    /// <param name="executable">Files that may be executed. They have to be among the readable ones too.</param>
    /// <exception cref="PosixException">The kernel refuses; the thread may do what it could before.</exception>
    public static void Restrict(IEnumerable<string> readable, IEnumerable<string> executable)
    {
        ArgumentNullException.ThrowIfNull(readable);
        ArgumentNullException.ThrowIfNull(executable);
        // struct landlock_ruleset_attr { u64 handled_access_fs, handled_access_net, scoped; }: older kernels know less of it.
        var version = Version;
        var attributes = stackalloc ulong[3] { FilesOf(version), version >= 4 ? 3UL : 0, version >= 6 ? 3UL : 0 };
        var size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
        var rules = (int)Check(Libc.Call(SystemCall.LandlockCreate.Number, (nuint)attributes, (nuint)size, 0, 0), "landlock_create_ruleset");
        try
        {
            foreach (var path in readable)
                Allow(rules, path, Directory.Exists(path) ? ReadFile | ReadDirectory : ReadFile);
            foreach (var path in executable)
                Allow(rules, path, Execute | ReadFile);
            Check(Libc.Call(SystemCall.LandlockRestrict.Number, (nuint)rules, 0, 0, 0), "landlock_restrict_self");
        }
        finally
        {
            _ = Libc.Close(rules);
        }
    }

    // Every right that the kernel knows is taken away: 13 in the first version; REFER, TRUNCATE and IOCTL_DEV came later.
    private static ulong FilesOf(int version) => version switch
    {
        >= 5 => (1UL << 16) - 1,
        >= 3 => (1UL << 15) - 1,
        2 => (1UL << 14) - 1,
        _ => (1UL << 13) - 1,
    };

    private static void Allow(int rules, string path, ulong access)
    {
        var descriptor = Libc.Open(path, Libc.OpenPath);
        if (descriptor < 0)
            return;
        try
        {
            var beneath = new Beneath { Access = access, Descriptor = descriptor };
            Check(Libc.Call(SystemCall.LandlockAdd.Number, (nuint)rules, PathBeneath, (nuint)(&beneath), 0), $"landlock_add_rule");
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private static nint Check(nint result, string call) => result >= 0 ? result : throw new PosixException(call, "", Marshal.GetLastPInvokeError());

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Beneath
    {
        public ulong Access;
        public int Descriptor;
    }
}
