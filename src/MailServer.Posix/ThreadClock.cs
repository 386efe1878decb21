namespace MailServer.Posix;

/// <summary>How much work a thread has done: on a machine with much to do, a span of time says little about that.</summary>
public static unsafe class ThreadClock
{
    private const int ThisThread = 3; // CLOCK_THREAD_CPUTIME_ID

    /// <summary>The processor time that this thread has taken, in the kernel too. Only differences say something, and only on one thread.</summary>
    public static TimeSpan Used
    {
        get
        {
            var time = stackalloc nint[2];
            return Libc.GetTime(ThisThread, time) == 0
                ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromMicroseconds(time[1] / 1000.0)
                : TimeSpan.Zero;
        }
    }
}
