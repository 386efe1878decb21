using System.Globalization;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>GETQUOTA and GETQUOTAROOT (RFC 9208 §4.1). An account has one quota root, which holds all its mailboxes: <c>""</c>.</summary>
internal static class Quota
{
    public static async ValueTask<Completion> RootAsync(
        ImapSession session, IMailAccount account, ImapRequest.OnMailbox request, CancellationToken cancellationToken)
    {
        if (!FolderNames.TryRead(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        var usage = await account.QuotaAsync(cancellationToken).ConfigureAwait(false);
        if (!usage.TryGet(out var found, out var problem))
            return Completion.From(problem);
        WriteRoot(session, folder);
        Write(session, found);
        return Completion.Ok("GETQUOTAROOT completed");
    }

    public static async ValueTask<Completion> RunAsync(
        ImapSession session, IMailAccount account, ImapRequest.OnMailbox request, CancellationToken cancellationToken)
    {
        if (!request.Mailbox.IsEmpty)
            return Completion.No("NONEXISTENT", "No such quota root");
        var usage = await account.QuotaAsync(cancellationToken).ConfigureAwait(false);
        if (!usage.TryGet(out var found, out var problem))
            return Completion.From(problem);
        Write(session, found);
        return Completion.Ok("GETQUOTA completed");
    }

    private static void WriteRoot(ImapSession session, FolderName folder)
    {
        var writer = session.Output.Begin();
        writer.Raw("* QUOTAROOT "u8);
        FolderNames.Write(ref writer, session, folder);
        writer.Raw(" \"\"\r\n"u8);
        writer.Commit();
    }

    private static void Write(ImapSession session, QuotaUsage usage)
    {
        var resources = new StringBuilder();

        // STORAGE counts in units of 1,024 octets (RFC 9208 §5.1); what has begun counts, what a limit has not whole does not.
        if (usage.Limit.Storage is { } storage)
            resources.Append(CultureInfo.InvariantCulture, $"STORAGE {(usage.Storage + 1_023) / 1_024} {storage / 1_024}");
        if (usage.Limit.Messages is { } messages)
            resources.Append(resources.Length > 0 ? " " : "").Append(CultureInfo.InvariantCulture, $"MESSAGE {usage.Messages} {messages}");
        session.Output.Untagged($"QUOTA \"\" ({resources})");
    }
}
