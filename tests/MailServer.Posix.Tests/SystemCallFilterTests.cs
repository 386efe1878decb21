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
