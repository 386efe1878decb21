using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MailServer.Pipeline;

/// <summary>Writes the fields that go on top: Return-Path, what filters found, Received (RFC 5321 §4.4).</summary>
internal static class TraceStage
{
    /// <summary>The fields with LF line ends.</summary>
    /// <param name="envelope">How the message came.</param>
    /// <param name="message">The message.</param>
    /// <param name="hostname">Our name.</param>
    /// <param name="only">The recipient when there is one only: a list would show blind copies (RFC 5321 §7.2).</param>
    /// <param name="now">The time it came.</param>
    public static byte[] Compose(Envelope envelope, SpooledMessage message, string hostname, EmailAddress? only, DateTimeOffset now)
    {
        var text = new StringBuilder(512);
        text.Append("Return-Path: <").Append(Quote(envelope.ReversePath)).Append(">\n");
        foreach (var (name, value) in message.Prepended)
            FieldWriter.Append(text, name, value);
        AppendReceived(text, envelope, message.Id, hostname, only, now);
        if (envelope.User is not null)
            Complete(text, message, hostname, now);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void AppendReceived(StringBuilder text, Envelope envelope, string id, string hostname, EmailAddress? only, DateTimeOffset now)
    {
        text.Append("Received: from ").Append(Word(envelope.Helo, "unknown")).Append(" ([").Append(Literal(envelope.Connection.Remote.Address)).Append("])\n");
        text.Append("\tby ").Append(hostname).Append(" with ").Append(Word(envelope.With, "SMTP"));
        if (envelope.Connection.Tls is { } tls)
            text.Append(" (").Append(Word(tls.Protocol, "TLS")).Append(' ').Append(Word(tls.CipherSuite, "unknown")).Append(')');
        text.Append("\n\tid ").Append(id);
        if (only is { } recipient)
            text.Append("\n\tfor <").Append(Quote(recipient)).Append('>');
        text.Append(";\n\t").Append(Date(now)).Append('\n');
    }

    // RFC 6409 §8.2, §8.3: a submission server adds what a client left out.
    private static void Complete(StringBuilder text, SpooledMessage message, string hostname, DateTimeOffset now)
    {
        if (message.Block.Count("Date"u8) == 0)
            text.Append("Date: ").Append(Date(now)).Append('\n');
        if (message.Block.Count("Message-ID"u8) == 0)
            text.Append("Message-ID: <").Append(message.Id).Append('@').Append(hostname).Append(">\n");
    }

    /// <summary><c>date-time</c> (RFC 5322 §3.3).</summary>
    public static string Date(DateTimeOffset now) =>
        now.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + now.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);

    /// <summary><c>address-literal</c> without its brackets (RFC 5321 §4.1.3).</summary>
    private static string Literal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        var text = address.ToString();
        var zone = text.IndexOf('%', StringComparison.Ordinal);
        return "IPv6:" + (zone < 0 ? text : text[..zone]);
    }

    // What a peer calls itself may hold anything: nothing that could end the clause, open a comment or fold.
    private static string Word(string? text, string otherwise)
    {
        if (string.IsNullOrEmpty(text))
            return otherwise;
        var shown = text.Length > 255 ? text[..255] : text;
        return string.Create(shown.Length, shown, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = char.IsLetterOrDigit(source[i]) || source[i] is '.' or '-' or '_' or ':' or '[' or ']' or '/' ? source[i] : '?';
        });
    }

    /// <summary><c>Local-part = Dot-string / Quoted-string</c> (RFC 5321 §4.1.2); empty for the null reverse-path.</summary>
    public static string Quote(EmailAddress? address)
    {
        if (address is not { } path)
            return "";
        var local = path.LocalPart;
        if (path.Domain.Length == 0)
            return local;
        var isPlain = local.Length > 0 && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal)
            && local.All(c => char.IsLetterOrDigit(c) || c > 127 || ".!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal));
        return isPlain
            ? $"{local}@{path.Domain}"
            : $"\"{local.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"@{path.Domain}";
    }
}
