using System.Globalization;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Names in one form, as the server's domains have it: the domain as A-labels (RFC 5890 §2.3.2.1) in lower case.</summary>
internal static class AccountName
{
    private static readonly IdnMapping Idn = new();

    /// <summary>Reads an address.</summary>
    public static EmailAddress? TryRead(string text) => EmailAddress.TryParse(text, out var address) ? Normal(address) : null;

    /// <summary>The same address in the one form; a domain that is none stays as it is, and is nobody's.</summary>
    public static EmailAddress Normal(EmailAddress address)
    {
        if (System.Text.Ascii.IsValid(address.Domain))
            return address with { Domain = address.Domain.ToLowerInvariant() };
        try
        {
            return address with { Domain = Idn.GetAscii(address.Domain).ToLowerInvariant() };
        }
        catch (ArgumentException)
        {
            return address;
        }
    }
}
