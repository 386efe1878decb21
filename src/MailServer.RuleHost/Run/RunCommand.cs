using System.Globalization;
using MailServer.Posix;
using MailServer.Rules;
using Microsoft.Win32.SafeHandles;

namespace MailServer.RuleHost;

/// <summary>
/// <c>run</c>: serves one account's rules to the server, locked down. It begins twice: first it takes from itself what can be taken before a program starts
/// (user, files, limits; Landlock binds one thread and what that starts) and executes itself anew; then, as a running program, it gives up the system calls.
/// Only after that is it given a script.
/// </summary>
internal static class RunCommand
{
    public static int Run(string[] arguments, TextWriter errors)
    {
        if (!RunOptions.TryParse(arguments, out var options, out var problem))
            return CompileCommand.Fail(errors, problem);
        if (options.Api != RuleIdentity.Api)
            return CompileCommand.Fail(errors, "this rule host belongs to another build of the server");
        try
        {
            if (options.IsLocked)
                return Serve();
            Lockdown.BeforeStart(options, ["run", "--api", options.Api, "--locked"]);
            return 0;
        }
        catch (Exception e) when (e is PosixException or LockdownException)
        {
            errors.WriteLine($"cannot lock the worker down: {e.Message}");
            return 1;
        }
    }

    private static int Serve()
    {
        // Not by way of Console, which sets a terminal up when it is first used.
        using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        Lockdown.AfterStart();
        new WorkerLoop(input, output).Run();
        return 0;
    }
}

/// <summary>What the server tells a worker.</summary>
internal sealed record RunOptions
{
    public string Api { get; private init; } = "";

    /// <summary>Whether the first half is done.</summary>
    public bool IsLocked { get; private init; }

    /// <summary>Whom to become; null to stay.</summary>
    public (uint User, uint Group)? User { get; private init; }

    /// <summary>Where bubblewrap is, which takes the files away where the kernel has no Landlock; null for Landlock.</summary>
    public string? Bubblewrap { get; private init; }

    public static bool TryParse(string[] arguments, out RunOptions options, out string problem)
    {
        (options, problem) = (new(), "");
        for (var i = 0; i < arguments.Length; i++)
            switch (arguments[i])
            {
                case "--api" when i + 1 < arguments.Length:
                    options = options with { Api = arguments[++i] };
                    break;
                case "--locked":
                    options = options with { IsLocked = true };
                    break;
                case "--bubblewrap" when i + 1 < arguments.Length:
                    options = options with { Bubblewrap = arguments[++i] };
                    break;
                case "--user" when i + 1 < arguments.Length && arguments[i + 1].Split(':') is [var user, var group]
                    && uint.TryParse(user, CultureInfo.InvariantCulture, out var userId) && uint.TryParse(group, CultureInfo.InvariantCulture, out var groupId):
                    options = options with { User = (userId, groupId) };
                    i++;
                    break;
                case var unknown:
                    problem = $"unknown option: {unknown}";
                    return false;
            }

        return true;
    }
}
