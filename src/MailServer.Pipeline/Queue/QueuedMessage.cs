using MailServer.Posix;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>A queued message as a transport sees it.</summary>
internal sealed class QueuedMessage(QueuedMail mail, string path) : IOutgoingMessage
{
    public string Id => mail.Id;

    public EmailAddress? ReversePath => mail.ReversePath;

    public long Size => mail.Size;

    public bool IsUtf8 => mail.IsUtf8;

    public SendingTerms Terms => mail.Terms ?? SendingTerms.None;

    public RecipientTerms TermsOf(EmailAddress recipient) =>
        mail.To.FirstOrDefault(queued => queued.Address == recipient.ToString())?.Terms ?? RecipientTerms.None;

    public Stream OpenRead() => StoredText.AsSent(OpenFile(path, mail.Skip));

    /// <summary>The file without its Return-Path, with LF line ends.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Stream OpenFile(string path, int skip)
    {
        var file = new FileStream(DiskFile.Open(path), FileAccess.Read, bufferSize: 0);
        file.Position = skip;
        return file;
    }
}
