using System.Globalization;
using System.Text;

namespace MailServer.Pipeline;

/// <summary>Writes the message that tells a sender what became of its mail: a delivery status notification (RFC 3464) in a multipart/report (RFC 6522).</summary>
internal static class StatusNotice
{
    /// <summary>Recipients that the words for people name; the part for programs has all.</summary>
    private const int MaxNamed = 20;

    /// <summary>Octets of the original's header that go back: enough to know it by, and no letter within a letter.</summary>
    private const int MaxHeader = 16 * 1024;

    /// <summary>Octets of an original that goes back whole, where its sender asks for it: what most servers take at least.</summary>
    public const long MaxReturned = 10 * 1024 * 1024;

    /// <summary>
    /// Composes it with CRLF line ends: what stands before the original and behind it. Where <paramref name="isWhole"/> is false the first has
    /// the original's header. The first line is the Return-Path, which says that nobody answers it.
    /// </summary>
    /// <param name="mail">What it is about.</param>
    /// <param name="header">The header of that, with LF line ends.</param>
    /// <param name="about">The recipients that it tells of.</param>
    /// <param name="kind">What it tells.</param>
    /// <param name="isWhole">Whether all of the original goes back.</param>
    /// <param name="hostname">Our name.</param>
    /// <param name="id">Our name for the notice.</param>
    /// <param name="now">When it is written.</param>
    public static (byte[] Before, byte[] Behind) Compose(
        QueuedMail mail, HeaderBlock header, IReadOnlyList<QueuedRecipient> about, NoticeKind kind, bool isWhole, string hostname, string id, DateTimeOffset now)
    {
        var isUtf8 = mail.IsUtf8 || about.Any(recipient => !Ascii.IsValid(recipient.Address)) || !Ascii.IsValid(mail.From);
        var boundary = $"{id}-{Guid.NewGuid():N}";
        var text = new StringBuilder();
        AppendHeader(text, mail, header, about, kind, hostname, id, now, boundary);
        Part(text, boundary, "text/plain; charset=utf-8");
        AppendWords(text, mail, about, kind, hostname);
        Part(text, boundary, isUtf8 ? "message/global-delivery-status" : "message/delivery-status");
        AppendStatus(text, mail, about, kind, hostname);
        Part(text, boundary, (isWhole, isUtf8) switch
        {
            (true, true) => "message/global",
            (true, false) => "message/rfc822",
            (false, true) => "message/global-headers",
            (false, false) => "text/rfc822-headers",
        });

        var before = new MemoryStream();
        Write(before, Encoding.UTF8.GetBytes(text.ToString()));
        if (!isWhole)
            WriteHeaderOf(before, header);
        return (before.ToArray(), Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"));
    }

    private static void AppendHeader(
        StringBuilder text, QueuedMail mail, HeaderBlock header, IReadOnlyList<QueuedRecipient> about, NoticeKind kind, string hostname, string id, DateTimeOffset now, string boundary)
    {
        var whom = about.Count == 1 ? Shown(about[0].Address) : string.Create(CultureInfo.InvariantCulture, $"{about.Count} recipients");
        FieldWriter.Append(text, "Return-Path", "<>");
        FieldWriter.Append(text, "Date", TraceStage.Date(now));
        FieldWriter.Append(text, "From", $"Mail delivery <postmaster@{hostname}>");
        FieldWriter.Append(text, "To", $"<{TraceStage.Quote(mail.ReversePath)}>");
        FieldWriter.Append(text, "Subject", $"{TitleOf(kind)}: your mail to {(Ascii.IsValid(whom) ? whom : "a recipient")}");
        FieldWriter.Append(text, "Message-ID", $"<{id}@{hostname}>");
        // So that mail programs show it beside the mail it is about.
        if (MessageIdOf(header) is { } original)
        {
            FieldWriter.Append(text, "In-Reply-To", original);
            FieldWriter.Append(text, "References", original);
        }

        // RFC 3834 §5: nothing answers it by itself.
        FieldWriter.Append(text, "Auto-Submitted", "auto-replied");
        FieldWriter.Append(text, "MIME-Version", "1.0");
        text.Append("Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"").Append(boundary).Append("\"\n");
        text.Append("Content-Transfer-Encoding: 8bit\n");
    }

    private static void AppendWords(StringBuilder text, QueuedMail mail, IReadOnlyList<QueuedRecipient> about, NoticeKind kind, string hostname)
    {
        text.Append(kind switch
        {
            NoticeKind.Failed => "Your mail could not be delivered to:\n\n",
            NoticeKind.Delayed => "Your mail has not reached everybody yet. You need not do anything: it is\ntried again. It still waits for:\n\n",
            NoticeKind.Delivered => "As you asked to be told: your mail was delivered to\n\n",
            NoticeKind.Expanded => "As you asked to be told: your mail was passed on to all that this address\nstands for:\n\n",
            _ => "As you asked to be told: your mail was passed on to servers that tell no\nmore about it, for\n\n",
        });
        foreach (var recipient in about.Take(MaxNamed))
        {
            text.Append("  ").Append(Shown(recipient.Address)).Append('\n');
            if (recipient.Reply is not null || recipient.Reason is not null)
                text.Append("    ").Append(recipient.Server is { } server ? $"{server} said: " : "").Append(recipient.Reply ?? recipient.Reason).Append('\n');
        }

        if (about.Count > MaxNamed)
            text.Append(CultureInfo.InvariantCulture, $"  and {about.Count - MaxNamed} more\n");
        text.Append(kind switch
        {
            NoticeKind.Failed => "\nIt is not tried any more. Others that it was for have it or are still tried.\n",
            NoticeKind.Delayed => string.Create(CultureInfo.InvariantCulture, $"\nIt is given up on {mail.Expires.UtcDateTime:d MMMM yyyy 'at' HH:mm} UTC, and you are told then.\n"),
            _ => "",
        });
        text.Append("\nThis was written by the mail server ").Append(hostname).Append(".\n");
    }

    private static void AppendStatus(StringBuilder text, QueuedMail mail, IReadOnlyList<QueuedRecipient> about, NoticeKind kind, string hostname)
    {
        // RFC 3464 §2.2: the message's fields, and then (§2.3) a group for each recipient.
        if (mail.Terms?.EnvelopeId is { } envelopeId)
            FieldWriter.Append(text, "Original-Envelope-Id", envelopeId);
        FieldWriter.Append(text, "Reporting-MTA", $"dns; {hostname}");
        FieldWriter.Append(text, "Arrival-Date", TraceStage.Date(mail.Arrived));
        foreach (var recipient in about)
        {
            text.Append('\n');
            if (recipient.Terms?.OriginalRecipient is { } original)
                FieldWriter.Append(text, "Original-Recipient", original);
            // RFC 6533 §3: an address type of its own for what is not ASCII.
            FieldWriter.Append(text, "Final-Recipient", $"{(Ascii.IsValid(recipient.Address) ? "rfc822" : "utf-8")}; {Shown(recipient.Address)}");
            FieldWriter.Append(text, "Action", ActionOf(kind));
            FieldWriter.Append(text, "Status", StatusOf(recipient, kind));
            if (recipient.Server is { } server)
                FieldWriter.Append(text, "Remote-MTA", $"dns; {server}");
            if (recipient.Reply is { } reply)
                FieldWriter.Append(text, "Diagnostic-Code", $"smtp; {Printable(reply)}");
            if (recipient.Tried is { } tried)
                FieldWriter.Append(text, "Last-Attempt-Date", TraceStage.Date(tried));
            if (kind == NoticeKind.Delayed)
                FieldWriter.Append(text, "Will-Retry-Until", TraceStage.Date(mail.Expires));
        }
    }

    private static string TitleOf(NoticeKind kind) => kind switch
    {
        NoticeKind.Failed => "Not delivered",
        NoticeKind.Delayed => "Not delivered yet",
        NoticeKind.Delivered or NoticeKind.Expanded => "Delivered",
        _ => "Passed on",
    };

    private static string ActionOf(NoticeKind kind) => kind switch
    {
        NoticeKind.Failed => "failed",
        NoticeKind.Delayed => "delayed",
        NoticeKind.Delivered => "delivered",
        NoticeKind.Expanded => "expanded",
        _ => "relayed",
    };

    private static string StatusOf(QueuedRecipient recipient, NoticeKind kind) => kind switch
    {
        NoticeKind.Failed => recipient.Status ?? "5.0.0",
        NoticeKind.Delayed => recipient.Status ?? "4.0.0",
        _ => "2.0.0",
    };

    private static void Part(StringBuilder text, string boundary, string type) =>
        text.Append("\n--").Append(boundary).Append("\nContent-Type: ").Append(type).Append("\nContent-Transfer-Encoding: 8bit\n\n");

    private static void WriteHeaderOf(MemoryStream notice, HeaderBlock header)
    {
        var end = notice.Length + MaxHeader;
        foreach (var field in header.Fields)
            if (notice.Length + field.Length <= end)
                Write(notice, header.Octets(field));
    }

    /// <summary>The octets with CRLF for each LF.</summary>
    private static void Write(MemoryStream target, ReadOnlySpan<byte> octets)
    {
        foreach (var octet in octets)
        {
            // A bare CR was in no message that we took, and goes into none.
            if (octet == '\r')
                continue;
            if (octet == '\n')
                target.WriteByte((byte)'\r');
            target.WriteByte(octet);
        }
    }

    /// <summary><c>msg-id</c> (RFC 5322 §3.6.4) as it came, if it is one that can be repeated.</summary>
    private static string? MessageIdOf(HeaderBlock header)
    {
        foreach (var field in header.Fields)
            if (header.Has(field, "Message-ID"u8))
                return Encoding.ASCII.GetString(header.ValueOctets(field)).Trim() is ['<', .., '>'] id && id.Length <= 900 && id.All(c => c is > ' ' and <= '~') ? id : null;
        return null;
    }

    private static string Shown(string address) => TraceStage.Quote(QueuedMail.AddressOf(address));

    private static string Printable(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (var i = 0; i < target.Length; i++)
            target[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
    });
}
