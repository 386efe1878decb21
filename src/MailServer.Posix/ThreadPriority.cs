namespace MailServer.Posix;

/// <summary>What .NET leaves out on Unix: how much of a processor a thread gets when others want it too.</summary>
public static class ThreadPriority
{
    private const int OfProcess = 0; // PRIO_PROCESS; with 0 for which, Linux means the calling thread
    private const int Least = 19;

    /// <summary>The calling thread gives way to all others from now on. Where the system will not, nothing changes.</summary>
    public static void GiveWay()
    {
        if (OperatingSystem.IsLinux())
            _ = Libc.SetPriority(OfProcess, 0, Least);
    }
}
