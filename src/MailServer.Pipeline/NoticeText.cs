using System.Text;

namespace MailServer.Pipeline;

/// <summary>A message from the server itself to an account's owner.</summary>
internal static class NoticeText
{
    /// <summary>Composes it with CRLF line ends. Nobody answers it: Auto-Submitted (RFC 3834 §5) and the null reverse-path say so.</summary>
    /// <param name="owner">To whom.</param>
    /// <param name="hostname">Our name.</param>
    /// <param name="id">Our name for the message.</param>
    /// <param name="now">When it is written.</param>
    /// <param name="from">Which part of the server speaks.</param>
    /// <param name="subject">One line.</param>
    /// <param name="body">Lines with LF, of at most 998 octets (RFC 5322 §2.1.1).</param>
    public static byte[] Compose(EmailAddress owner, string hostname, string id, DateTimeOffset now, string from, string subject, string body)
    {
        var text = new StringBuilder();
        FieldWriter.Append(text, "Return-Path", "<>");
        FieldWriter.Append(text, "Date", TraceStage.Date(now));
        FieldWriter.Append(text, "From", $"{from} <postmaster@{hostname}>");
        FieldWriter.Append(text, "To", TraceStage.Quote(owner));
        FieldWriter.Append(text, "Subject", subject);
        FieldWriter.Append(text, "Message-ID", $"<{id}@{hostname}>");
        FieldWriter.Append(text, "Auto-Submitted", "auto-generated");
        FieldWriter.Append(text, "MIME-Version", "1.0");
        FieldWriter.Append(text, "Content-Type", "text/plain; charset=utf-8");
        FieldWriter.Append(text, "Content-Transfer-Encoding", "8bit");
        return Encoding.UTF8.GetBytes(text.Append('\n').Append(body).Replace("\n", "\r\n").ToString());
    }
}
