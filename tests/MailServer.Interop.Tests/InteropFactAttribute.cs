using System.Runtime.CompilerServices;

namespace MailServer.Interop.Tests;

/// <summary>A test with real clients; runs when <c>MAILSERVER_INTEROP=1</c>, since it needs Debian's packages (README, "Tests").</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InteropFactAttribute : FactAttribute
{
    public InteropFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Timeout = 300_000;
        if (Environment.GetEnvironmentVariable("MAILSERVER_INTEROP") != "1")
            Skip = "needs real mail clients: set MAILSERVER_INTEROP=1";
    }
}
