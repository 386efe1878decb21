using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Rules;

/// <summary>Reads <c>msg-id = [CFWS] "&lt;" id-left "@" id-right "&gt;" [CFWS]</c> (RFC 5322 §3.6.4), and makes one for a mail that has none.</summary>
internal static class MessageName
{
    public static string Of(Mail mail)
    {
        var id = mail["Message-ID"].Value.AsSpan().Trim();
        if (id.IndexOf('<') is >= 0 and var open && id[open..].IndexOf('>') is > 1 and var length)
            id = id.Slice(open + 1, length - 1).Trim();
        if (!id.IsEmpty)
            return id.ToString();

        // Rules remember mails by this: an empty one would make all mails without it the same.
        var facts = string.Create(CultureInfo.InvariantCulture, $"{mail.From}\n{mail.To}\n{mail["Date"].Value}\n{mail.Subject.Value}\n{mail.Size}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts)).AsSpan(0, 16)) + "@no-message-id";
    }
}
