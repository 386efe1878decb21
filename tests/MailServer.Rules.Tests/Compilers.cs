using System.Runtime.CompilerServices;

namespace MailServer.Rules.Tests;

/// <summary>All engines of the tests hand compilers on to each other: to start one takes longer than most tests.</summary>
internal static class Compilers
{
    [ModuleInitializer]
    internal static void Share() => RuleHostProcess.Spare = new();
}
