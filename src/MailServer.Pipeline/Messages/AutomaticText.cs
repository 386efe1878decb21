using System.Text;
using MailServer.Rules;
using MimeKit.Utils;

namespace MailServer.Pipeline;

/// <summary>Composes what the server writes because a rule says so: an answer (RFC 5230 §5) or a notice (RFC 5436 §2.7).</summary>
internal static class AutomaticText
{
    /// <summary>RFC 5322 §2.1.1: longer lines are encoded.</summary>
    private const int MaxLine = 900;

    /// <summary>Characters of the subject that is answered.</summary>
    private const int MaxSubject = 200;

    /// <summary>Composes it with CRLF line ends. Its first line is the Return-Path, which says that nobody answers it.</summary>
    /// <param name="mail">What is asked for.</param>
    /// <param name="about">The message that it is about.</param>
    /// <param name="from">Who writes.</param>
    /// <param name="to">To whom.</param>
    /// <param name="owner">The account whose rule it is.</param>
    /// <param name="hostname">Our name.</param>
    /// <param name="id">Our name for it.</param>
    /// <param name="now">When it is written.</param>
    public static byte[] Compose(AutomaticMail mail, Mail about, EmailAddress from, EmailAddress to, EmailAddress owner, string hostname, string id, DateTimeOffset now)
    {
        var isAnswer = mail.To is null;
        var text = new StringBuilder();
        FieldWriter.Append(text, "Return-Path", "<>");
        FieldWriter.Append(text, "Date", TraceStage.Date(now));
        FieldWriter.Append(text, "From", $"<{TraceStage.Quote(from)}>");
        FieldWriter.Append(text, "To", $"<{TraceStage.Quote(to)}>");
        FieldWriter.Append(text, "Subject", Encoded(mail.Subject ?? (isAnswer ? $"Auto: {Cut(about.Subject.Value)}" : Cut(mail.Text.Split('\n')[0].Trim()))));
        FieldWriter.Append(text, "Message-ID", $"<{id}@{hostname}>");
        // RFC 3834 §3.1.5: so that mail programs show it below what it answers.
        if (isAnswer && about["Message-ID"].Value.Trim() is ['<', .., '>'] original && original.Length <= MaxLine && original.All(c => c is > ' ' and <= '~'))
        {
            FieldWriter.Append(text, "In-Reply-To", original);
            FieldWriter.Append(text, "References", original);
        }

        // RFC 5436 §2.7.1: the owner is named, so that who does not want notices knows whom to ask.
        FieldWriter.Append(text, "Auto-Submitted", isAnswer ? "auto-replied" : $"auto-notified; owner-email=\"{TraceStage.Quote(owner).Replace("\"", "", StringComparison.Ordinal)}\"");
        FieldWriter.Append(text, "MIME-Version", "1.0");
        FieldWriter.Append(text, "Content-Type", "text/plain; charset=utf-8");
        AppendBody(text, mail.Text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
        return Encoding.ASCII.GetBytes(text.Replace("\n", "\r\n").ToString());
    }

    // Not every server takes 8-bit text (RFC 6152).
    private static void AppendBody(StringBuilder text, string body)
    {
        var isPlain = body.All(c => c is >= ' ' and <= '~' or '\n' or '\t') && body.Split('\n').All(line => line.Length <= MaxLine);
        FieldWriter.Append(text, "Content-Transfer-Encoding", isPlain ? "7bit" : "base64");
        text.Append('\n').Append(isPlain ? body : Convert.ToBase64String(Encoding.UTF8.GetBytes(body.Replace("\n", "\r\n", StringComparison.Ordinal)), Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\n") + "\n");
    }

    private static string Encoded(string subject) =>
        Encoding.ASCII.GetString(Rfc2047.EncodeText(Encoding.UTF8, subject)).ReplaceLineEndings(" ") is var encoded && encoded.Split(' ').All(word => word.Length <= MaxLine) ? encoded : "Your mail";

    private static string Cut(string subject) =>
        string.Concat((subject.Length <= MaxSubject ? subject : subject[..MaxSubject]).Select(c => char.IsControl(c) || char.IsSurrogate(c) && subject.Length > MaxSubject ? ' ' : c));
}
