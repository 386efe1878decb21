using System.Runtime.InteropServices;

namespace MailServer.Posix;

/// <summary>
/// A seccomp filter for a program that has started and from now on only computes: no file is opened, no socket made, no program executed, no process made.
/// What is refused gets EPERM, so that a runtime that asks for more than it needs goes on.
/// </summary>
public static unsafe class SystemCallFilter
{
    // struct sock_filter's codes (linux/bpf_common.h)
    private const ushort Load = 0x20;         // BPF_LD | BPF_W | BPF_ABS
    private const ushort And = 0x54;          // BPF_ALU | BPF_AND | BPF_K
    private const ushort IfEqual = 0x15;      // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort IfAtLeast = 0x35;    // BPF_JMP | BPF_JGE | BPF_K
    private const ushort Return = 0x06;       // BPF_RET | BPF_K

    private const uint Kill = 0x80000000;     // SECCOMP_RET_KILL_PROCESS
    private const uint Allow = 0x7fff0000;    // SECCOMP_RET_ALLOW
    private const uint Error = 0x00050000;    // SECCOMP_RET_ERRNO, the number in the low half

    // Where struct seccomp_data has the call's number, the processor's kind, and the low halves of the arguments (both processors are little-endian).
    private const uint NumberAt = 0;
    private const uint ProcessorAt = 4;
    private static uint ArgumentAt(int index) => 16 + (8 * (uint)index);

    /// <summary>Puts all threads of this process under the filter, for good. Needs no-new-privs.</summary>
    /// <exception cref="PosixException">The kernel refuses, or the processor is not one whose calls are known here.</exception>
    public static void Apply()
    {
        if (!SystemCall.IsKnownProcessor)
            throw new PosixException("seccomp", "", Libc.NoCall);
        var program = Compose(RuntimeInformation.ProcessArchitecture is Architecture.Arm64, (uint)Environment.ProcessId);
        fixed (Instruction* first = program)
        {
            const nuint setFilter = 1;      // SECCOMP_SET_MODE_FILTER
            const nuint allThreads = 1;     // SECCOMP_FILTER_FLAG_TSYNC
            var head = new Program { Length = (ushort)program.Length, First = first };
            var result = Libc.Call(SystemCall.Seccomp.Number, setFilter, allThreads, (nuint)(&head), 0);
            if (result != 0)
                throw new PosixException("seccomp", "", result > 0 ? Libc.Invalid : Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Whether this process could still make another: asks the kernel for one in a way that never succeeds but is told apart from a refusal.</summary>
    public static bool CanMakeProcesses()
    {
        // CLONE_SIGHAND without CLONE_VM is invalid (clone(2)), so the kernel says EINVAL where the filter would say EPERM.
        const nuint impossible = 0x800;
        return Libc.Call(SystemCall.CloneTask.Number, impossible, 0, 0, 0) >= 0 || Marshal.GetLastPInvokeError() != Libc.NotPermitted;
    }

    internal static Instruction[] Compose(bool isArm, uint process)
    {
        List<Instruction> program =
        [
            new(Load, 0, 0, ProcessorAt),
            new(IfEqual, 1, 0, isArm ? 0xC00000B7 : 0xC000003E), // AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64
            new(Return, 0, 0, Kill),
            new(Load, 0, 0, NumberAt),
        ];
        // The x32 calls of x64 have numbers of their own that would pass by the rest of the filter.
        if (!isArm)
            program.AddRange([new(IfAtLeast, 0, 1, 0x40000000), new(Return, 0, 0, Kill)]);
        foreach (var call in SystemCall.OfARunningProgram)
            When(call, new Instruction(Return, 0, 0, Allow));

        // A thread (CLONE_VM and CLONE_THREAD), never a process. The filter cannot look into clone3's structure: the C library takes ENOSYS for "use clone".
        const uint thread = 0x100 | 0x10000;
        When(SystemCall.CloneTask, new(Load, 0, 0, ArgumentAt(0)), new(And, 0, 0, thread), new(IfEqual, 0, 1, thread), new(Return, 0, 0, Allow), Refuse(Libc.NotPermitted));
        When(SystemCall.CloneTask3, Refuse(Libc.NoCall));
        // Signals between its own threads: the collector stops them so.
        When(SystemCall.ThreadKill, new(Load, 0, 0, ArgumentAt(0)), new(IfEqual, 0, 1, process), new(Return, 0, 0, Allow), Refuse(Libc.NotPermitted));
        // PR_SET_NAME and PR_SET_VMA give names to threads and to memory.
        When(SystemCall.ProcessControl,
            new(Load, 0, 0, ArgumentAt(0)), new(IfEqual, 1, 0, 15), new(IfEqual, 0, 1, 0x53564d41), new(Return, 0, 0, Allow), Refuse(Libc.NotPermitted));
        // prlimit64 to ask, and not to set: without a new limit.
        When(SystemCall.Limits,
            new(Load, 0, 0, ArgumentAt(2)), new(IfEqual, 0, 3, 0), new(Load, 0, 0, ArgumentAt(2) + 4), new(IfEqual, 0, 1, 0), new(Return, 0, 0, Allow), Refuse(Libc.NotPermitted));
        program.Add(Refuse(Libc.NotPermitted));
        return [.. program];

        void When(SystemCall call, params Instruction[] then)
        {
            var number = isArm ? call.Arm64 : call.X64;
            if (number < 0)
                return;
            program.Add(new(IfEqual, 0, (byte)then.Length, (uint)number));
            program.AddRange(then);
        }
    }

    private static Instruction Refuse(int error) => new(Return, 0, 0, Error | (uint)error);

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public Instruction* First;
    }
}
