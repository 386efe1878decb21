using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

internal static partial class Log
{
    [LoggerMessage(EventId = 550, Level = LogLevel.Warning, Message = "alias <{Alias}> leads to <{Target}>, which reaches nobody: {Reason}")]
    public static partial void AliasToNobody(ILogger logger, EmailAddress alias, EmailAddress target, string reason);

    [LoggerMessage(EventId = 551, Level = LogLevel.Error, Message = "alias <{Alias}> stands for more than {Limit} addresses, the rest get nothing")]
    public static partial void AliasTooLarge(ILogger logger, EmailAddress alias, int limit);

    [LoggerMessage(EventId = 500, Level = LogLevel.Information, Message = "{ConnectionId}: {MessageId}: accepted from <{ReversePath}> for {Recipients}, {Size} bytes, score {Score}")]
    public static partial void Accepted(ILogger logger, string connectionId, string messageId, EmailAddress? reversePath, string recipients, long size, double score);

    [LoggerMessage(EventId = 501, Level = LogLevel.Information, Message = "{MessageId}: <{Recipient}> delivered to {Account}: {Folders}{Rule}")]
    public static partial void Delivered(ILogger logger, string messageId, EmailAddress recipient, EmailAddress account, string folders, string rule);

    [LoggerMessage(EventId = 502, Level = LogLevel.Information, Message = "{ConnectionId}: {MessageId}: refused from <{ReversePath}> for {Recipients}: {Status} {Reason}")]
    public static partial void Refused(ILogger logger, string connectionId, string messageId, EmailAddress? reversePath, string recipients, StatusCode status, string reason);

    [LoggerMessage(EventId = 503, Level = LogLevel.Information, Message = "{ConnectionId}: sender <{ReversePath}> refused: {Status} {Reason}")]
    public static partial void SenderRefused(ILogger logger, string connectionId, EmailAddress? reversePath, StatusCode status, string reason);

    [LoggerMessage(EventId = 504, Level = LogLevel.Information, Message = "{ConnectionId}: {MessageId}: recipient <{Recipient}> refused: {Status} {Reason}")]
    public static partial void RecipientRefused(ILogger logger, string connectionId, string messageId, EmailAddress recipient, StatusCode status, string reason);

    [LoggerMessage(EventId = 505, Level = LogLevel.Information, Message = "{ConnectionId}: connection from {Remote} refused: {Status} {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, string connectionId, System.Net.IPEndPoint remote, StatusCode status, string reason);

    [LoggerMessage(EventId = 506, Level = LogLevel.Warning, Message = "{Subject}: filter {Filter} of plugin {Plugin} failed at {Phase}, {OnFailure}: {Reason}")]
    public static partial void FilterFailed(ILogger logger, string subject, string filter, string plugin, string phase, string onFailure, string reason);

    [LoggerMessage(EventId = 507, Level = LogLevel.Warning, Message = "{MessageId}: rule {Rule} of plugin {Plugin} failed for <{Recipient}>, the mail is kept in INBOX: {Reason}")]
    public static partial void RuleFailed(ILogger logger, string messageId, string rule, string plugin, EmailAddress recipient, string reason);

    [LoggerMessage(EventId = 508, Level = LogLevel.Warning, Message = "{MessageId}: folder {Folder} of {Account} cannot be used, INBOX gets the mail: {Reason}")]
    public static partial void FolderUnusable(ILogger logger, string messageId, FolderName folder, EmailAddress account, string reason);

    [LoggerMessage(EventId = 509, Level = LogLevel.Error, Message = "{MessageId}: <{Recipient}> not delivered, and the peer is told so: {Reason}")]
    public static partial void NotDelivered(ILogger logger, string messageId, EmailAddress recipient, string reason);

    [LoggerMessage(EventId = 510, Level = LogLevel.Warning, Message = "{MessageId}: delivered to {Done} of {All} accounts; when it comes again those are passed over")]
    public static partial void PartlyDelivered(ILogger logger, string messageId, int done, int all);

    [LoggerMessage(EventId = 512, Level = LogLevel.Error, Message = "{MessageId}: {Step} failed, the peer is to try again: {Reason}")]
    public static partial void StepFailed(ILogger logger, string messageId, string step, string reason);

    [LoggerMessage(EventId = 513, Level = LogLevel.Error, Message = "{MessageId}: the delivery's observer failed: {Reason}")]
    public static partial void ObserverFailed(ILogger logger, string messageId, string reason);

    [LoggerMessage(EventId = 514, Level = LogLevel.Error, Message = "no plugin provides accounts: all recipients are asked to come again later")]
    public static partial void NoAccounts(ILogger logger);

    [LoggerMessage(EventId = 515, Level = LogLevel.Warning, Message = "{MessageId}: {Flag} is not a flag or keyword, ignored")]
    public static partial void BadFlag(ILogger logger, string messageId, string flag);

    [LoggerMessage(EventId = 516, Level = LogLevel.Information, Message = "{MessageId}: <{Recipient}> refused{Rule}: {Reason}")]
    public static partial void RefusedByRule(ILogger logger, string messageId, EmailAddress recipient, string rule, string reason);

    [LoggerMessage(EventId = 517, Level = LogLevel.Error, Message = "the rules of {Account} could not be asked, the mail is kept: {Reason}")]
    public static partial void UserRulesFailed(ILogger logger, EmailAddress account, string reason);

    [LoggerMessage(EventId = 518, Level = LogLevel.Information, Message = "{Account} was told by mail that rules do not work")]
    public static partial void OwnerTold(ILogger logger, EmailAddress account);

    [LoggerMessage(EventId = 519, Level = LogLevel.Warning, Message = "{Account} could not be told that rules do not work: {Reason}")]
    public static partial void OwnerNotTold(ILogger logger, EmailAddress account, string reason);

    [LoggerMessage(EventId = 520, Level = LogLevel.Information, Message = "{MessageId}: told {Account} that {Threshold} % of the quota are in use")]
    public static partial void QuotaWarned(ILogger logger, string messageId, EmailAddress account, int threshold);

    [LoggerMessage(EventId = 521, Level = LogLevel.Warning, Message = "{MessageId}: {Account} cannot be told how full the account is: {Reason}")]
    public static partial void NoticeFailed(ILogger logger, string messageId, EmailAddress account, string reason);

    [LoggerMessage(EventId = 522, Level = LogLevel.Information, Message = "{MessageId}: <{Recipient}> sent on{Server}: {Reply}")]
    public static partial void QueueSent(ILogger logger, string messageId, EmailAddress recipient, string server, string reply);

    [LoggerMessage(EventId = 523, Level = LogLevel.Information, Message = "{MessageId}: <{Recipient}> put off{Server}: {Status} {Reason}")]
    public static partial void QueueDeferred(ILogger logger, string messageId, EmailAddress recipient, string server, StatusCode status, string reason);

    [LoggerMessage(EventId = 524, Level = LogLevel.Warning, Message = "{MessageId}: <{Recipient}> refused{Server}: {Status} {Reason}")]
    public static partial void QueueRefused(ILogger logger, string messageId, EmailAddress recipient, string server, StatusCode status, string reason);

    [LoggerMessage(EventId = 525, Level = LogLevel.Information, Message = "{ConnectionId}: {MessageId}: queued for {Recipients} elsewhere")]
    public static partial void Queued(ILogger logger, string connectionId, string messageId, int recipients);

    [LoggerMessage(EventId = 526, Level = LogLevel.Information, Message = "{Count} messages are queued")]
    public static partial void QueueLoaded(ILogger logger, int count);

    [LoggerMessage(EventId = 527, Level = LogLevel.Error, Message = "the queue in {Directory} cannot be read, what is in it waits for the next start: {Reason}")]
    public static partial void QueueUnreadable(ILogger logger, string directory, string reason);

    [LoggerMessage(EventId = 528, Level = LogLevel.Error, Message = "{MessageId}: queued, but its files cannot be read: {Reason}")]
    public static partial void QueueFileUnreadable(ILogger logger, string messageId, string reason);

    [LoggerMessage(EventId = 529, Level = LogLevel.Error, Message = "{MessageId}: queued, but not readable, put into {Directory}: {Reason}")]
    public static partial void QueueFileSetAside(ILogger logger, string messageId, string directory, string reason);

    [LoggerMessage(EventId = 530, Level = LogLevel.Error, Message = "{MessageId}: what became of it cannot be written down: {Reason}")]
    public static partial void QueueFileUnwritable(ILogger logger, string messageId, string reason);

    [LoggerMessage(EventId = 531, Level = LogLevel.Error, Message = "{Subject}: the outgoing transport failed: {Reason}")]
    public static partial void TransportThrew(ILogger logger, string subject, string reason);

    [LoggerMessage(EventId = 532, Level = LogLevel.Error, Message = "a bug in the queue")]
    public static partial void QueueBug(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 533, Level = LogLevel.Information, Message = "{MessageId}: <{Sender}> was told by {NoticeId} what became of it")]
    public static partial void SenderTold(ILogger logger, string messageId, EmailAddress sender, string noticeId);

    [LoggerMessage(EventId = 534, Level = LogLevel.Warning, Message = "{MessageId}: nobody is told what became of it: {Reason}")]
    public static partial void NobodyTold(ILogger logger, string messageId, string reason);

    [LoggerMessage(EventId = 535, Level = LogLevel.Warning, Message = "{MessageId}: its sender cannot be told now: {Reason}")]
    public static partial void SenderNotTold(ILogger logger, string messageId, string reason);

    [LoggerMessage(EventId = 536, Level = LogLevel.Warning, Message = "{Account}: what was put into the folder for junk or out of it cannot be read: {Reason}")]
    public static partial void LessonsUnread(ILogger logger, EmailAddress account, string reason);

    [LoggerMessage(EventId = 537, Level = LogLevel.Warning, Message = "{Account}: {EmailId}: the junk trainer of plugin {Plugin} failed, it has not learned from it: {Reason}")]
    public static partial void TrainerFailed(ILogger logger, EmailAddress account, string emailId, string plugin, string reason);

    [LoggerMessage(EventId = 550, Level = LogLevel.Error, Message = "senders of mail that is sent on stay as they are: no key to rewrite them with: {Reason}")]
    public static partial void NoRewritingKey(ILogger logger, string reason);

    [LoggerMessage(EventId = 551, Level = LogLevel.Information, Message = "{MessageId}: <{To}> is written to, as a rule of {Account} asks")]
    public static partial void Answered(ILogger logger, string messageId, EmailAddress to, EmailAddress account);

    [LoggerMessage(EventId = 552, Level = LogLevel.Information, Message = "{MessageId}: a rule of {Account} asks for an answer or notice, there is none: {Reason}")]
    public static partial void NotAnswered(ILogger logger, string messageId, EmailAddress account, string reason);

    [LoggerMessage(EventId = 553, Level = LogLevel.Warning, Message = "{MessageId}: for {Recipient}: not sent on, kept in INBOX: {Reason}")]
    public static partial void NotSentOn(ILogger logger, string messageId, EmailAddress recipient, string reason);

    [LoggerMessage(EventId = 554, Level = LogLevel.Warning, Message = "a folder of the queue could not be synced, after a power cut finished mail may be sent again: {Reason}")]
    public static partial void RemovalNotSynced(ILogger logger, string reason);

    // Next free id: 555
}
