namespace MailServer.RuleHost;

/// <summary>The libraries that scripts are compiled against, and that a worker loads before it is locked down: text, numbers, dates, collections, LINQ.</summary>
internal static class ScriptLibraries
{
    // A wish for short builds and not a border: the core library has files and threads in it, too.
    public static readonly string[] Names =
    [
        "System.Private.CoreLib", "System.Runtime", "System.Linq", "System.Collections", "System.Memory", "System.Text.RegularExpressions",
        "System.Runtime.Extensions", "System.Globalization",
    ];
}
