using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

internal static partial class Log
{
    [LoggerMessage(EventId = 600, Level = LogLevel.Warning, Message = "rule {Rule}({Line}) failed, the mail is kept in INBOX: {Reason}")]
    public static partial void RuleFailed(ILogger logger, string rule, int line, string reason);

    [LoggerMessage(EventId = 601, Level = LogLevel.Warning, Message = "rule {Rule}({Line}): {Action}")]
    public static partial void RuleWarned(ILogger logger, string rule, int line, string action);

    [LoggerMessage(EventId = 602, Level = LogLevel.Information, Message = "rules in service: {Rules}")]
    public static partial void InService(ILogger logger, string rules);

    [LoggerMessage(EventId = 603, Level = LogLevel.Error, Message = "rule {Rule} does not compile; {InService}: {Diagnostic}")]
    public static partial void DoesNotCompile(ILogger logger, string rule, string inService, string diagnostic);

    [LoggerMessage(EventId = 604, Level = LogLevel.Error, Message = "rules cannot be compiled: {Reason}")]
    public static partial void NoCompiler(ILogger logger, string reason);

    [LoggerMessage(EventId = 605, Level = LogLevel.Warning, Message = "rules folder {Folder} cannot be read: {Reason}")]
    public static partial void FolderUnreadable(ILogger logger, string folder, string reason);

    [LoggerMessage(EventId = 606, Level = LogLevel.Warning, Message = "rules cache {Folder} cannot be written: {Reason}")]
    public static partial void CacheUnwritable(ILogger logger, string folder, string reason);

    [LoggerMessage(EventId = 607, Level = LogLevel.Warning, Message = "{Count} replaced rule versions are still in memory after collection")]
    public static partial void RetiredAlive(ILogger logger, int count);

    [LoggerMessage(EventId = 608, Level = LogLevel.Error, Message = "reloading rules failed; what was in service stays")]
    public static partial void ReloadFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 609, Level = LogLevel.Error, Message = "{Count} tests of the rules fail, what was in service stays: {Test}")]
    public static partial void TestsFail(ILogger logger, int count, string test);

    [LoggerMessage(EventId = 610, Level = LogLevel.Warning, Message = "rule {Rule}({Line}) of {Account} failed, the mail is kept in INBOX: {Reason}")]
    public static partial void UserRuleFailed(ILogger logger, string account, string rule, int line, string reason);

    [LoggerMessage(EventId = 611, Level = LogLevel.Warning, Message = "rule {Rule}({Line}) of {Account}: {Action}")]
    public static partial void UserRuleWarned(ILogger logger, string account, string rule, int line, string action);

    [LoggerMessage(EventId = 612, Level = LogLevel.Information, Message = "rules of {Account} in service: {Rules}")]
    public static partial void UserRulesInService(ILogger logger, string account, string rules);

    [LoggerMessage(EventId = 613, Level = LogLevel.Warning, Message = "rule {Rule} of {Account} does not compile; {InService}: {Diagnostic}")]
    public static partial void UserRuleDoesNotCompile(ILogger logger, string account, string rule, string inService, string diagnostic);

    [LoggerMessage(EventId = 614, Level = LogLevel.Warning, Message = "changed rules of {Account} are not compiled after {Seconds} s; a mail meets the version before")]
    public static partial void UserRulesLate(ILogger logger, string account, double seconds);

    [LoggerMessage(EventId = 615, Level = LogLevel.Warning, Message = "users' rules do not run: {Reason}")]
    public static partial void UsersRefused(ILogger logger, string reason);

    [LoggerMessage(EventId = 616, Level = LogLevel.Warning, Message = "notes in {File} cannot be used: {Reason}")]
    public static partial void NotesFailed(ILogger logger, string file, string reason);

    [LoggerMessage(EventId = 617, Level = LogLevel.Warning, Message = "rule {Advice}")]
    public static partial void RuleAdvice(ILogger logger, string advice);

    [LoggerMessage(EventId = 618, Level = LogLevel.Warning, Message = "{Count} tests of the rules of {Account} fail, what was in service stays: {Test}")]
    public static partial void UserTestsFail(ILogger logger, string account, int count, string test);

    [LoggerMessage(EventId = 619, Level = LogLevel.Warning, Message = "a worker of {Account} died, another one is asked: {Reason}")]
    public static partial void WorkerDied(ILogger logger, string account, string reason);

    // Next free id: 620
}
