using System.Globalization;

namespace MailServer.Posix.Tests;

/// <summary>The filter's program, run as the kernel runs it (seccomp(2)), for both processors: the one that is not here cannot be tried otherwise.</summary>
public sealed class SystemCallFilterTests
{
    private const uint X64 = 0xC000003E;
    private const uint Arm64 = 0xC00000B7;
    private const uint Allow = 0x7FFF0000;
    private const uint Kill = 0x80000000;
    private const uint NotPermitted = 0x00050001;
    private const uint NoCall = 0x00050026;
    private const int Process = 4711;

    [Theory]
    [InlineData("read", 0, 63, Allow)]
    [InlineData("write", 1, 64, Allow)]
    [InlineData("mmap", 9, 222, Allow)]
    [InlineData("futex", 202, 98, Allow)]
    [InlineData("exit_group", 231, 94, Allow)]
    [InlineData("rt_sigreturn", 15, 139, Allow)]
    [InlineData("openat", 257, 56, NotPermitted)]
    [InlineData("newfstatat", 262, 79, NotPermitted)]
    [InlineData("socket", 41, 198, NotPermitted)]
    [InlineData("connect", 42, 203, NotPermitted)]
    [InlineData("execve", 59, 221, NotPermitted)]
    [InlineData("execveat", 322, 281, NotPermitted)]
    [InlineData("kill", 62, 129, NotPermitted)]
    [InlineData("ptrace", 101, 117, NotPermitted)]
    [InlineData("ioctl", 16, 29, NotPermitted)]
    [InlineData("unlinkat", 263, 35, NotPermitted)]
    [InlineData("io_uring_setup", 425, 425, NotPermitted)]
    [InlineData("clone3", 435, 435, NoCall)]
    [InlineData("an unknown one", 9999, 9999, NotPermitted)]
    public void A_call_is_allowed_or_refused_by_its_number(string name, uint x64, uint arm64, uint expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, Run(false, X64, x64));
        Assert.Equal(expected, Run(true, Arm64, arm64));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Arguments_tell_threads_from_processes_own_signals_from_others_and_asking_from_setting(bool isArm)
    {
        var processor = isArm ? Arm64 : X64;
        uint clone = isArm ? 220u : 56, signal = isArm ? 131u : 234, control = isArm ? 167u : 157, limits = isArm ? 261u : 302;
        Assert.Equal(Allow, Run(isArm, processor, clone, 0x3D0F00));                  // what pthread_create asks for
        Assert.Equal(NotPermitted, Run(isArm, processor, clone, 17));                 // fork: SIGCHLD
        Assert.Equal(NotPermitted, Run(isArm, processor, clone, 0x4111));             // vfork: CLONE_VM without CLONE_THREAD
        Assert.Equal(NotPermitted, Run(isArm, processor, clone, 0x10000000 | 17));    // CLONE_NEWUSER
        Assert.Equal(Allow, Run(isArm, processor, signal, Process));
        Assert.Equal(NotPermitted, Run(isArm, processor, signal, 1));
        Assert.Equal(Allow, Run(isArm, processor, control, 15));                      // PR_SET_NAME
        Assert.Equal(NotPermitted, Run(isArm, processor, control, 4));                // PR_SET_DUMPABLE
        Assert.Equal(Allow, Run(isArm, processor, limits, 0, 7, 0, 0x7000));
        Assert.Equal(NotPermitted, Run(isArm, processor, limits, 0, 7, 0x7000));
        Assert.Equal(NotPermitted, Run(isArm, processor, limits, 0, 7, 0x7F0000000000)); // a pointer whose low half is nothing
    }

    [Fact]
    public void Another_processors_calls_end_the_process()
    {
        Assert.Equal(Kill, Run(false, 0x40000003, 0));           // i386
        Assert.Equal(Kill, Run(false, X64, 0x40000000 + 39));    // x32
        Assert.Equal(Kill, Run(true, 0x40000028, 0));            // 32-bit ARM
        Assert.Equal(Kill, Run(true, X64, 0));
    }

    [Fact]
    public void Each_processors_numbers_are_different_calls()
    {
        foreach (var numbers in new[] { SystemCall.OfARunningProgram.Select(call => call.X64), SystemCall.OfARunningProgram.Select(call => call.Arm64) })
            Assert.Distinct(numbers.Where(number => number >= 0));
    }

    /// <summary>What may be called, by name, with the numbers on x64 and arm64 that Linux 6.1's headers give.</summary>
    private const string Allowed = """
        read 0 63, write 1 64, readv 19 65, writev 20 66, close 3 57, fstat 5 80, poll 7 -1, ppoll 271 73, lseek 8 62, fcntl 72 25,
        mmap 9 222, mprotect 10 226, munmap 11 215, mremap 25 216, mincore 27 232, madvise 28 233, brk 12 214, rt_sigaction 13 134,
        rt_sigprocmask 14 135, rt_sigreturn 15 139, sigaltstack 131 132, futex 202 98, sched_yield 24 124,
        sched_getaffinity 204 123, sched_getparam 143 121, sched_getscheduler 145 120, getcpu 309 168, membarrier 324 283,
        rseq 334 293, set_robust_list 273 99, set_tid_address 218 96, nanosleep 35 101, clock_gettime 228 113,
        clock_getres 229 114, clock_nanosleep 230 115, gettimeofday 96 169, getrandom 318 278, getpid 39 172, getppid 110 173,
        gettid 186 178, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, uname 63 160, getrusage 98 165,
        sysinfo 99 179, restart_syscall 219 128, exit 60 93, exit_group 231 94
        """;

    /// <summary>What is used elsewhere, likewise.</summary>
    private const string Used = """
        clone 56 220, clone3 435 435, tgkill 234 131, prctl 157 167, prlimit64 302 261, seccomp 317 277, close_range 436 436,
        landlock_create_ruleset 444 444, landlock_add_rule 445 445, landlock_restrict_self 446 446
        """;

    [Fact]
    public void Numbers_are_those_of_the_kernels_headers()
    {
        Assert.Equal(
            Rows(Allowed).Select(row => new SystemCall(row.X64, row.Arm64)).OrderBy(call => call.Arm64).ThenBy(call => call.X64),
            SystemCall.OfARunningProgram.OrderBy(call => call.Arm64).ThenBy(call => call.X64));
        Assert.Equal(
            Rows(Used).Select(row => new SystemCall(row.X64, row.Arm64)),
            [SystemCall.CloneTask, SystemCall.CloneTask3, SystemCall.ThreadKill, SystemCall.ProcessControl, SystemCall.Limits, SystemCall.Seccomp, SystemCall.CloseRange, SystemCall.LandlockCreate, SystemCall.LandlockAdd, SystemCall.LandlockRestrict]);

        // Where the headers are, the tables here are held to them.
        var x64 = Header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
        var arm64 = Header("/usr/include/asm-generic/unistd.h");
        foreach (var (name, onX64, onArm64) in Rows(Allowed).Concat(Rows(Used)))
        {
            Assert.True(x64.Count == 0 || x64.GetValueOrDefault(name, -1) == onX64, name);
            Assert.True(arm64.Count == 0 || arm64.GetValueOrDefault(name, -1) == onArm64, name);
        }
    }

    private static IEnumerable<(string Name, int X64, int Arm64)> Rows(string table) =>
        table.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(row => row.Split(' ')).Select(words => (words[0], Number(words[1]), Number(words[2])));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    // The generic table has two names for calls that differ between 32 and 64 bits: __NR3264_fcntl is fcntl here.
    private static Dictionary<string, int> Header(string path) => !File.Exists(path) ? [] : File.ReadLines(path)
        .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words is ["#define", var name, var number] && name.StartsWith("__NR", StringComparison.Ordinal) && int.TryParse(number, CultureInfo.InvariantCulture, out _))
        .GroupBy(words => words[1][(words[1].IndexOf('_', 4) + 1)..])
        .ToDictionary(group => group.Key, group => Number(group.First()[2]));

    private static uint Run(bool isArm, uint processor, uint number, params ulong[] arguments)
    {
        var data = new uint[16];
        (data[0], data[1]) = (number, processor);
        for (var i = 0; i < arguments.Length; i++)
            (data[4 + (2 * i)], data[5 + (2 * i)]) = ((uint)arguments[i], (uint)(arguments[i] >> 32));
        var program = SystemCallFilter.Compose(isArm, Process);
        Assert.InRange(program.Length, 1, 4096); // BPF_MAXINSNS
        uint accumulator = 0;
        for (var at = 0; ; at++)
        {
            var (code, ifTrue, ifFalse, value) = program[at];
            switch (code)
            {
                case 0x20:
                    accumulator = data[value / 4];
                    break;
                case 0x54:
                    accumulator &= value;
                    break;
                case 0x15:
                    at += accumulator == value ? ifTrue : ifFalse;
                    break;
                case 0x35:
                    at += accumulator >= value ? ifTrue : ifFalse;
                    break;
                case 0x06:
                    return value;
                default:
                    throw new InvalidOperationException($"code {code}");
            }
        }
    }
}
