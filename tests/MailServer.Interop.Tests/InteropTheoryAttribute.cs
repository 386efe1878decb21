using System.Runtime.CompilerServices;

namespace MailServer.Interop.Tests;

/// <summary>As <see cref="InteropFactAttribute"/>, for a table of cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InteropTheoryAttribute : TheoryAttribute
{
    public InteropTheoryAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Timeout = 300_000;
        if (Environment.GetEnvironmentVariable("MAILSERVER_INTEROP") != "1")
            Skip = "needs real mail clients: set MAILSERVER_INTEROP=1";
    }
}
