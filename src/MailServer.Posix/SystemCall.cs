using System.Runtime.InteropServices;

namespace MailServer.Posix;

/// <summary>A system call's numbers, which differ by processor.</summary>
/// <param name="X64">On x64; -1 where it does not exist.</param>
/// <param name="Arm64">On arm64, where the old calls without a flags argument are missing.</param>
internal readonly record struct SystemCall(int X64, int Arm64)
{
    public static SystemCall ExitGroup { get; } = new(231, 94);
    public static SystemCall CloneTask { get; } = new(56, 220);
    public static SystemCall CloneTask3 { get; } = new(435, 435);
    public static SystemCall ThreadKill { get; } = new(234, 131);
    public static SystemCall ProcessControl { get; } = new(157, 167);
    public static SystemCall Limits { get; } = new(302, 261);
    public static SystemCall Seccomp { get; } = new(317, 277);
    public static SystemCall CloseRange { get; } = new(436, 436);
    public static SystemCall LandlockCreate { get; } = new(444, 444);
    public static SystemCall LandlockAdd { get; } = new(445, 445);
    public static SystemCall LandlockRestrict { get; } = new(446, 446);

    /// <summary>
    /// What a .NET process that has started needs, whatever it is asked for: its own memory, threads and signals, the clock, random numbers, and files that are
    /// open already. Nothing that takes a path, makes a socket or a process, or names another process is among them.
    /// </summary>
    public static IReadOnlyList<SystemCall> OfARunningProgram { get; } =
    [
        new(0, 63),     // read
        new(1, 64),     // write
        new(19, 65),    // readv
        new(20, 66),    // writev
        new(3, 57),     // close
        new(5, 80),     // fstat
        new(7, -1),     // poll
        new(271, 73),   // ppoll
        new(8, 62),     // lseek
        new(72, 25),    // fcntl
        new(9, 222),    // mmap
        new(10, 226),   // mprotect
        new(11, 215),   // munmap
        new(25, 216),   // mremap
        new(27, 232),   // mincore
        new(28, 233),   // madvise
        new(12, 214),   // brk
        new(13, 134),   // rt_sigaction
        new(14, 135),   // rt_sigprocmask
        new(15, 139),   // rt_sigreturn
        new(131, 132),  // sigaltstack
        new(202, 98),   // futex
        new(24, 124),   // sched_yield
        new(204, 123),  // sched_getaffinity
        new(143, 121),  // sched_getparam
        new(145, 120),  // sched_getscheduler
        new(309, 168),  // getcpu
        new(324, 283),  // membarrier
        new(334, 293),  // rseq
        new(273, 99),   // set_robust_list
        new(218, 96),   // set_tid_address
        new(35, 101),   // nanosleep
        new(228, 113),  // clock_gettime
        new(229, 114),  // clock_getres
        new(230, 115),  // clock_nanosleep
        new(96, 169),   // gettimeofday
        new(318, 278),  // getrandom
        new(39, 172),   // getpid
        new(110, 173),  // getppid
        new(186, 178),  // gettid
        new(102, 174),  // getuid
        new(107, 175),  // geteuid
        new(104, 176),  // getgid
        new(108, 177),  // getegid
        new(63, 160),   // uname
        new(98, 165),   // getrusage
        new(99, 179),   // sysinfo
        new(219, 128),  // restart_syscall
        new(60, 93),    // exit
        ExitGroup,
    ];

    /// <summary>Whether the numbers of this processor are known.</summary>
    public static bool IsKnownProcessor => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>The number on this processor; -1 where the call does not exist.</summary>
    public int Number => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? Arm64 : X64;
}
