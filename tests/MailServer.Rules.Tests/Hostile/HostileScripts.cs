namespace MailServer.Rules.Tests;

/// <summary>What a script does that wants to harm, hang or look around.</summary>
/// <param name="Name">What it tries.</param>
/// <param name="Refused">The id that the compiler refuses it with for users; empty when only the worker can stop it.</param>
/// <param name="InWorker">
/// What comes of it in a worker when the compiler let it pass, without a step budget: <c>kept</c> for an end by the worker or a failure, <c>denied</c> when the
/// script itself found the way closed, <c>harmless</c> when it runs and decides as any other, two of them where either may come first; empty when it cannot be
/// compiled at all.
/// </param>
/// <param name="Text">The script.</param>
public sealed record HostileScript(string Name, string Refused, string InWorker, string Text)
{
    private const string Native = "[System.Runtime.InteropServices.DllImport(\"libc.so.6\", SetLastError = true)] static extern nint syscall(nint number, nint a, nint b, nint c, nint d, nint e);\n";

    /// <summary>A try whose success would be seen in the folder's name.</summary>
    private static string Try(string what) => $"try {{ {what} FileInto(\"REACHED\"); }} catch (Exception) {{ FileInto(\"denied\"); }}";

    /// <summary>A system call that must fail, on x64 and on arm64.</summary>
    private static HostileScript Call(string name, int x64, int arm64, string arguments = "0, 0, 0, 0, 0") => new(
        $"system call {name}", "RULE101", "denied",
        $"{Native}var number = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? {arm64} : {x64};\n"
        + $"var result = number < 0 ? -1 : syscall(number, {arguments});\n"
        // EPERM, or ENOSYS for clone3: any other error would mean that the kernel has looked at it.
        + "var error = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();\n"
        + "FileInto(result == -1 && (number < 0 || error == 1 || error == 38) ? \"denied\" : $\"REACHED {result} {error}\");");

    public static IReadOnlyList<HostileScript> All { get; } =
    [
        // Without end
        new("loop while", "", "kept", "while (true) { }"),
        new("loop for", "", "kept", "for (;;) { var x = 1; }"),
        new("loop do", "", "kept", "var i = 0; do { i++; } while (i != -1);"),
        new("loop goto", "", "kept", "again: goto again;"),
        new("loop iterator", "", "kept", "IEnumerable<int> All() { while (true) yield return 1; }\nforeach (var i in All()) { }"),
        new("loop in the library", "", "kept", "for (var i = 0; i < 100; i++) Enumerable.Range(0, int.MaxValue).SkipWhile(x => x >= 0).Count();"),
        new("loop without a lambda", "", "kept", "long n = 0; foreach (var i in Enumerable.Range(0, 8)) n += Enumerable.Range(0, int.MaxValue).Except(Enumerable.Range(0, 10)).LongCount();"),
        new("loop in a sort", "", "kept", "var a = new int[200_000]; for (;;) Array.Sort(a, (x, y) => 1);"),
        new("recursion", "", "kept", "int F(int x) => F(x + 1) + 1;\nvar y = F(0);"),
        new("recursion of two", "", "kept", "int F(int x) => G(x) + 1;\nint G(int x) => F(x) + 1;\nvar y = F(0);"),
        new("recursion of lambdas", "", "kept", "Func<int, int> f = null!; f = x => f(x + 1) + 1; f(0);"),
        new("recursion of a property", "", "kept", "int P => P + 1;\nvar y = P;"),
        new("catching the budget", "RULE101", "kept", "while (true) try { while (true) { } } catch { }"),
        new("finally without end", "RULE101", "kept", "try { throw new InvalidOperationException(); } finally { while (true) { } }"),
        new("regular expression bomb", "RULE100", "kept", "for (;;) Regex.IsMatch(new string('a', 40) + \"!\", \"^(a+)+$\");"),
        new("a large regular expression", "", "kept", "for (var i = 1; ; i++) if (Mail.Subject.Matches($\"(a{{1,{i * 100}}}){{1,1000}}$\")) Keep();"),
        new("waiting", "RULE100", "kept", "System.Threading.Thread.Sleep(-1);"),
        new("waiting for a lock", "RULE100", "kept", "var e = new System.Threading.ManualResetEventSlim(); e.Wait();"),
        new("awaiting", "RULE001", "", "await System.Threading.Tasks.Task.Delay(1000000);"),
        // Memory
        new("memory at once", "", "kept", "var x = new byte[int.MaxValue]; FileInto(x.Length > 0 ? \"A\" : \"B\");"),
        new("memory bit by bit", "", "kept", "var all = new List<byte[]>(); while (true) all.Add(new byte[1000]);"),
        new("memory in pieces below the large ones", "", "kept", "var all = new List<byte[]>(); while (true) all.Add(new byte[80_000]);"),
        new("memory in large pieces", "", "kept", "var all = new List<byte[]>(); while (true) all.Add(new byte[5_000_000]);"),
        new("doubling a text", "", "kept", "var s = \"x\"; while (true) s += s;"),
        new("a wide number", "", "kept", "FileInto($\"{1,1000000000}\");"),
        new("a long text", "", "kept", "FileInto(new string('x', int.MaxValue));"),
        new("a padded text", "", "kept", "FileInto(\"x\".PadLeft(1_000_000_000));"),
        new("a joined text", "", "kept", "FileInto(string.Join(\",\", Enumerable.Range(0, int.MaxValue)));"),
        new("a list of everything", "", "kept", "var x = Enumerable.Range(0, int.MaxValue).ToList(); FileInto(x.Count > 0 ? \"A\" : \"B\");"),
        new("a table of everything", "", "kept", "var x = new Dictionary<int, int>(2_000_000_000); FileInto(x.Count == 0 ? \"A\" : \"B\");"),
        new("a builder without end", "", "kept", "var b = new System.Text.StringBuilder(); while (true) b.Append(\"0123456789\", 0, 10).Append('x', 1000);"),
        new("memory of the system", "RULE100", "kept", "while (true) { var p = System.Runtime.InteropServices.Marshal.AllocHGlobal(10_000_000); System.Runtime.InteropServices.Marshal.WriteByte(p, 1); }"),
        // Threads
        new("threads without end", "RULE100", "kept", "while (true) new System.Threading.Thread(() => System.Threading.Thread.Sleep(-1)).Start();"),
        new("tasks without end", "RULE100", "kept", "while (true) System.Threading.Tasks.Task.Run(() => { while (true) { } });"),
        new("a thread that goes on", "RULE100", "harmless|kept", "new System.Threading.Thread(() => { while (true) { } }).Start();"),
        new("a thread that throws", "RULE100", "kept", "new System.Threading.Thread(() => throw new Exception()).Start(); System.Threading.Thread.Sleep(5000);"),
        new("locking", "RULE101", "harmless", "lock (new object()) { }"),
        // Files
        new("reading a file", "RULE101", "denied", Try("System.IO.File.ReadAllText(\"/etc/passwd\");")),
        new("reading a file without try", "RULE100", "kept", "FileInto(System.IO.File.ReadAllText(\"/etc/passwd\"));"),
        new("reading the program", "RULE101", "denied", Try("System.IO.File.ReadAllBytes(typeof(object).Assembly.Location);")),
        new("reading the environment", "RULE101", "denied", Try("System.IO.File.ReadAllText(\"/proc/self/environ\");")),
        new("reading another process", "RULE101", "denied", Try("System.IO.File.ReadAllText(\"/proc/1/status\");")),
        new("listing a folder", "RULE101", "denied", Try("System.IO.Directory.GetFiles(\"/\");")),
        new("asking whether a file is there", "RULE100", "denied", "FileInto(System.IO.File.Exists(\"/etc/passwd\") || System.IO.Directory.Exists(\"/\") ? \"REACHED\" : \"denied\");"),
        new("writing a file", "RULE101", "denied", Try("System.IO.File.WriteAllText(\"/tmp/mailserver-hostile\", \"x\");")),
        new("writing shared memory", "RULE101", "denied", Try("System.IO.File.WriteAllText(\"/dev/shm/mailserver-hostile\", \"x\");")),
        new("making a folder", "RULE101", "denied", Try("System.IO.Directory.CreateDirectory(\"/tmp/mailserver-hostile.d\");")),
        new("removing a file", "RULE101", "denied", Try("System.IO.File.Move(\"/tmp/mailserver-victim\", \"/tmp/mailserver-hostile\");")),
        new("making a link", "RULE101", "denied", Try("System.IO.File.CreateSymbolicLink(\"/tmp/mailserver-hostile\", \"/etc\");")),
        // Network and processes; what a script could call below .NET is at the end
        new("a connection", "CS0234", "", "new System.Net.Sockets.TcpClient(\"127.0.0.1\", 25);"),
        new("a listener", "CS0234", "", "new System.Net.Sockets.TcpListener(System.Net.IPAddress.Any, 0).Start();"),
        new("asking for an address", "CS0234", "", "System.Net.Dns.GetHostAddresses(\"example.org\");"),
        new("a process", "CS0234", "", "System.Diagnostics.Process.Start(\"/bin/true\");"),
        new("ending another process", "CS0234", "", "System.Diagnostics.Process.GetProcessById(1).Kill();"),
        // Environment, reflection, foreign code
        new("ending the process", "RULE100", "kept", "Environment.Exit(0);"),
        new("failing fast", "RULE100", "kept", "Environment.FailFast(\"x\");"),
        new("asking for the environment", "RULE100", "denied", "FileInto(Environment.GetEnvironmentVariable(\"PATH\") is null && Environment.GetEnvironmentVariable(\"HOME\") is null ? \"denied\" : \"REACHED\");"),
        new("asking for a type", "RULE100", "harmless", "var t = \"x\".GetType();"),
        new("typeof", "RULE101", "harmless", "var t = typeof(string);"),
        new("calling by name", "RULE101", "denied", Try("Type.GetType(\"System.IO.File\")!.GetMethod(\"ReadAllText\", [typeof(string)])!.Invoke(null, [\"/etc/passwd\"]);")),
        new("loading a library", "RULE101", "denied", Try("System.Reflection.Assembly.Load(\"System.Net.Sockets\");")),
        new("loading a library of the system", "RULE101", "denied", Try("System.Runtime.InteropServices.NativeLibrary.Load(\"libpam.so.0\");")),
        new("making an object by name", "RULE100", "harmless", "var x = Activator.CreateInstance(\"System.Private.CoreLib\", \"System.Object\");"),
        new("setting the budget back", "RULE100", "kept", "var f = \"x\".GetType().Assembly.GetType(\"System.Object\"); while (true) { StepBudget.Step(); }"),
        new("the API's own machinery", "RULE100", "harmless", "var x = new RuleOptions { GlobalDirectory = \"/\", CacheDirectory = \"/\", RuleHostPath = \"/\" };"),
        new("changing the culture", "RULE100", "harmless", "System.Globalization.CultureInfo.CurrentCulture = System.Globalization.CultureInfo.InvariantCulture;"),
        new("a delegate called by hand", "RULE100", "harmless", "Action a = () => { }; a.DynamicInvoke();"),
        new("collecting garbage", "RULE100", "harmless", "GC.Collect();"),
        new("a null pointer", "RULE100", "kept", "System.Runtime.InteropServices.Marshal.WriteByte(0, 1);"),
        new("unsafe", "RULE101", "", "unsafe { int* p = null; *p = 1; }"),
        new("stackalloc", "RULE101", "", "Span<byte> x = stackalloc byte[2_000_000_000]; x[0] = 1;"),
        new("Unsafe.As", "RULE100", "harmless", "object o = \"x\"; var s = System.Runtime.CompilerServices.Unsafe.As<string>(o);"),
        new("references", "RULE101", "harmless", "void F(ref int i) => i++;\nvar j = 1; F(ref j);"),
        new("dynamic", "RULE100", "", "dynamic d = 1; d.X();"),
        new("foreign code", "RULE101", "denied", Native + "FileInto(syscall(39, 0, 0, 0, 0, 0) > 0 ? \"denied\" : \"denied\");"),
        // Types
        new("a static constructor", "RULE101", "kept", "class C { static C() { while (true) { } } public static int X = 1; }\nvar y = C.X;"),
        new("a finalizer without end", "RULE101", "kept", "class C { ~C() { while (true) { } } }\nfor (var i = 0; i < 1000; i++) new C();\nGC.Collect(); GC.WaitForPendingFinalizers();"),
        new("an exception that lies", "RULE101", "kept", "class E : Exception { public override string Message { get { while (true) { } } } }\nthrow new E();"),
        new("a record", "RULE101", "harmless", "record R(int X);\nvar r = new R(1);"),
        new("a module initializer", "RULE101", "kept", "class C { [System.Runtime.CompilerServices.ModuleInitializer] internal static void M() { } }\nEnvironment.Exit(1);"),
        new("a thread-static attribute", "RULE101", "harmless", "[ThreadStatic] static int x;\nx = 1;"),
        // Directives
        new("#r", "CS7099", "", "#r \"System.Net.Http\"\nKeep();"),
        new("#load", "CS8099", "", "#load \"/etc/passwd\"\nKeep();"),
        new("#line", "RULE101", "harmless", "#line 1 \"/etc/passwd\"\nKeep();"),
        new("using", "RULE101", "harmless", "using System.Text;\nKeep();"),
        // Output
        new("output without end", "RULE101", "kept", Native + "var b = new byte[65536]; var h = System.Runtime.InteropServices.GCHandle.Alloc(b, System.Runtime.InteropServices.GCHandleType.Pinned); while (true) syscall(1, 1, h.AddrOfPinnedObject(), 65536, 0, 0);"),
        new("errors without end", "RULE101", "kept", Native + "var b = new byte[65536]; var h = System.Runtime.InteropServices.GCHandle.Alloc(b, System.Runtime.InteropServices.GCHandleType.Pinned); while (true) syscall(1, 2, h.AddrOfPinnedObject(), 65536, 0, 0);"),
        new("an answer of its own", "RULE101", "kept", Native + "var b = new byte[] { 4, 0, 0, 0, 7, 1, 2, 3 }; var h = System.Runtime.InteropServices.GCHandle.Alloc(b, System.Runtime.InteropServices.GCHandleType.Pinned); syscall(1, 1, h.AddrOfPinnedObject(), 8, 0, 0);"),
        new("a frame of two gigabytes", "RULE101", "kept", Native + "var b = new byte[] { 255, 255, 255, 127, 7 }; var h = System.Runtime.InteropServices.GCHandle.Alloc(b, System.Runtime.InteropServices.GCHandleType.Pinned); syscall(1, 1, h.AddrOfPinnedObject(), 5, 0, 0);"),
        new("closing the pipe", "RULE101", "kept", Native + "syscall(3, 1, 0, 0, 0, 0);"),
        new("a thousand folders", "", "32 folders", "for (var i = 0; i < 1000; i++) FileInto($\"F{i}\");"),
        new("a million flags", "", "kept", "for (var i = 0; ; i++) AddFlag($\"f{i}\");"),
        new("a way out of the Maildir", "", "kept", "FileInto(\"../../etc/cron.d/x\");"),
        new("a name with a line end", "", "kept", "FileInto(\"A\\nX-Injected: yes\");"),
        new("questions without end", "", "kept", "for (var i = 0; ; i++) if (Mail[$\"X-{i}\"].Exists) break;"),
        new("a question of a gigabyte", "", "kept", "if (Mail[new string('x', 400_000)].Exists) FileInto(\"A\");"),
        new("an error of a megabyte", "", "kept", "throw new InvalidOperationException(new string('x', 1_000_000));"),
        // System calls, as a script would make them that has broken out of .NET altogether
        Call("open", 2, -1), Call("openat", 257, 56, "-100, 0, 0, 0, 0"), Call("openat2", 437, 437), Call("stat", 4, -1), Call("newfstatat", 262, 79), Call("statx", 332, 291),
        Call("socket inet", 41, 198, "2, 1, 0, 0, 0"), Call("socket unix", 41, 198, "1, 1, 0, 0, 0"), Call("socketpair", 53, 199, "1, 1, 0, 0, 0"), Call("connect", 42, 203), Call("bind", 49, 200),
        Call("execve", 59, 221), Call("execveat", 322, 281), Call("fork", 57, -1), Call("vfork", 58, -1), Call("clone of a process", 56, 220, "17, 0, 0, 0, 0"), Call("clone3", 435, 435, "0, 0, 0, 0, 0"),
        Call("kill", 62, 129, "1, 0, 0, 0, 0"), Call("tgkill of another", 234, 131, "1, 1, 0, 0, 0"), Call("ptrace", 101, 117, "16, 1, 0, 0, 0"), Call("process_vm_readv", 310, 270), Call("pidfd_open", 434, 434, "1, 0, 0, 0, 0"),
        Call("prctl", 157, 167, "4, 1, 0, 0, 0"), Call("prlimit", 302, 261, "0, 7, 8, 0, 0"), Call("setuid", 105, 146), Call("unshare", 272, 97, "0x10000000, 0, 0, 0, 0"), Call("mount", 165, 40), Call("chroot", 161, 51),
        Call("bpf", 321, 280), Call("io_uring_setup", 425, 425), Call("userfaultfd", 323, 282), Call("perf_event_open", 298, 241), Call("keyctl", 250, 219), Call("memfd_create", 319, 279), Call("seccomp", 317, 277, "1, 0, 0, 0, 0"),
        Call("unlink", 87, -1), Call("unlinkat", 263, 35), Call("rename", 82, -1), Call("mkdirat", 258, 34), Call("linkat", 265, 37), Call("chmod", 90, -1), Call("ioctl", 16, 29), Call("shmget", 29, 194), Call("msgget", 68, 186),
        Call("inotify_init1", 294, 26), Call("timer_create", 222, 107), Call("reboot", 169, 142), Call("init_module", 175, 105), Call("sethostname", 170, 161), Call("syslog", 103, 116), Call("personality", 135, 92),
        Call("x32's getpid", 0x40000000 + 39, -1),
    ];
}
