using System.Globalization;
using System.Text;

namespace MailServer.Rules;

/// <summary>Addresses that rules send to.</summary>
internal static class SendAddress
{
    /// <summary>RFC 5321 §4.5.3.1.1.</summary>
    private const int MaxLocalPart = 64;

    /// <summary>RFC 5321 §4.5.3.1.2.</summary>
    private const int MaxDomain = 255;

    private static readonly IdnMapping Idn = new();

    /// <summary>Reads <c>local@domain</c>; the domain becomes A-labels.</summary>
    public static bool TryParse(string? text, out EmailAddress address)
    {
        if (!EmailAddress.TryParse(text, out address))
            return false;
        if (!Ascii.IsValid(address.Domain))
            try
            {
                address = address with { Domain = Idn.GetAscii(address.Domain.Normalize()).ToLowerInvariant() };
            }
            catch (ArgumentException)
            {
                return false;
            }

        return IsSound(address);
    }

    /// <summary>Whether mail can be sent there: a name in letters, digits and hyphens, and a local part that needs no SMTPUTF8 and no quotes.</summary>
    public static bool IsSound(EmailAddress address) =>
        address.LocalPart.Length is > 0 and <= MaxLocalPart && address.Domain.Length is > 0 and <= MaxDomain
        && address.LocalPart.All(c => c is > ' ' and <= '~' and not ('"' or '\\' or '(' or ')' or ',' or ':' or ';' or '<' or '>' or '@' or '[' or ']'))
        && address.LocalPart[0] != '.' && address.LocalPart[^1] != '.' && !address.LocalPart.Contains("..", StringComparison.Ordinal)
        && address.Domain.Split('.').All(label => label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && label[0] != '-' && label[^1] != '-');
}
