using System.Runtime.InteropServices;
using System.Text;

namespace MailServer.Posix;

/// <summary>What a process takes away from itself before it does a stranger's work. All of it is for good, and goes on over an execute.</summary>
public static unsafe class ProcessLocks
{
    /// <summary>Whether this process runs as root.</summary>
    public static bool IsRoot => Libc.EffectiveUser() == 0;

    /// <summary>
    /// No program that is executed from now on gets more rights than this process has (no set-user-id, no file capabilities); the rights that it would hand on
    /// by itself (ambient capabilities) are dropped; no other process may look into it.
    /// </summary>
    /// <exception cref="PosixException">The kernel refuses.</exception>
    public static void RefusePrivileges()
    {
        const int noNewPrivileges = 38, ambient = 47, clearAll = 4;
        Check(Libc.ProcessControl(noNewPrivileges, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
        Check(Libc.ProcessControl(ambient, clearAll, 0, 0, 0), "prctl PR_CAP_AMBIENT");
        HideMemory();
    }

    /// <summary>No other process of the same user may trace this one or read its memory. An execute undoes it.</summary>
    /// <exception cref="PosixException">The kernel refuses.</exception>
    public static void HideMemory()
    {
        const int dumpable = 4;
        Check(Libc.ProcessControl(dumpable, 0, 0, 0, 0), "prctl PR_SET_DUMPABLE");
    }

    /// <summary>Becomes another user, with that one's group and no further ones. Only root can.</summary>
    /// <exception cref="PosixException">The kernel refuses.</exception>
    public static void BecomeUser(uint user, uint group)
    {
        Check(Libc.SetGroups(0, null), "setgroups");
        Check(Libc.SetGroup(group, group, group), "setresgid");
        Check(Libc.SetUser(user, user, user), "setresuid");
        // A kernel that let us keep a way back would make all that follows worthless.
        if (Libc.SetUser(unchecked((uint)-1), 0, unchecked((uint)-1)) == 0)
            throw new PosixException("setresuid", "", Libc.Invalid);
    }

    /// <summary>Sets limits, soft and hard. One that is lower already stays.</summary>
    /// <exception cref="PosixException">The kernel refuses.</exception>
    public static void Limit(params ReadOnlySpan<(ProcessLimit Limit, ulong Value)> limits)
    {
        foreach (var (limit, value) in limits)
        {
            var now = default(Libc.ResourceLimit);
            Check(Libc.GetLimit((int)limit, &now), $"getrlimit {limit}");
            var wanted = new Libc.ResourceLimit { Soft = Math.Min(now.Soft, (nuint)value), Hard = Math.Min(now.Hard, (nuint)value) };
            Check(Libc.SetLimit((int)limit, &wanted), $"setrlimit {limit}");
        }
    }

    /// <summary>Gives way to the other processes where all of them want the processor.</summary>
    /// <param name="nice">From 0 (as others) to 19 (only when nobody else wants it).</param>
    public static void GiveWay(int nice) => _ = Libc.SetPriority(0, 0, nice); // PRIO_PROCESS, this one; to be nicer is never refused

    /// <summary>What is open beside input, output and errors is closed at the next execute.</summary>
    public static void CloseOthersAtExecute()
    {
        const nuint closeOnExecute = 4; // CLOSE_RANGE_CLOEXEC; .NET opens everything so anyway, this is for what it was started with
        _ = Libc.Call(SystemCall.CloseRange.Number, 3, uint.MaxValue, closeOnExecute, 0);
    }

    /// <summary>Replaces this process by another program. Does not return.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">What it is told, without its own name.</param>
    /// <param name="environment">Its whole environment, each as <c>NAME=value</c>.</param>
    /// <param name="addressSpace">Octets of memory that it may address.</param>
    /// <exception cref="PosixException">It cannot be executed; this process goes on.</exception>
    public static void Execute(string path, IEnumerable<string> arguments, IEnumerable<string> environment, ulong addressSpace)
    {
        var words = Block([path, .. arguments]);
        var settings = Block([.. environment]);
        // What this process has mapped counts too and may be over the limit already: from there on nothing here may need memory, so the way is walked once before.
        _ = Libc.Execute("", words, settings);
        var limit = new Libc.ResourceLimit { Soft = (nuint)addressSpace, Hard = (nuint)addressSpace };
        if (Libc.SetLimit((int)ProcessLimit.AddressSpace, &limit) == 0)
            _ = Libc.Execute(path, words, settings);
        throw new PosixException("execve", path, Marshal.GetLastPInvokeError());
    }

    // Never given back: the process is replaced, or else ends.
    private static byte** Block(string[] texts)
    {
        var block = (byte**)NativeMemory.AllocZeroed((nuint)(texts.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Length; i++)
        {
            var octets = Encoding.UTF8.GetBytes(texts[i]);
            block[i] = (byte*)NativeMemory.AllocZeroed((nuint)octets.Length + 1);
            octets.CopyTo(new Span<byte>(block[i], octets.Length));
        }

        return block;
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
            throw new PosixException(call, "", Marshal.GetLastPInvokeError());
    }
}

/// <summary>A resource limit, with its number on Linux (the same on x64 and arm64).</summary>
public enum ProcessLimit
{
    /// <summary>Seconds of processor time; beyond them the process is ended.</summary>
    ProcessorTime = 0,
    /// <summary>Octets of a file that it writes.</summary>
    FileSize = 1,
    /// <summary>Octets of a picture of its memory when it crashes.</summary>
    Core = 4,
    /// <summary>Processes and threads of its user.</summary>
    Processes = 6,
    /// <summary>One more than the highest number of an open file.</summary>
    OpenFiles = 7,
    /// <summary>Octets of memory that it may address.</summary>
    AddressSpace = 9,
}
