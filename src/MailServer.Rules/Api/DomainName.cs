using System.Globalization;

namespace MailServer.Rules;

/// <summary>Compares domains without case, label by label, U-labels and A-labels alike (RFC 5890 §2.3.2.1).</summary>
internal static class DomainName
{
    private static readonly IdnMapping Idn = new();

    /// <summary>Whether a domain is the other or lies below it.</summary>
    public static bool IsWithin(string domain, string parent)
    {
        if (string.IsNullOrEmpty(domain) || string.IsNullOrEmpty(parent))
            return false;
        var below = ToAscii(domain).AsSpan().TrimEnd('.');
        var above = ToAscii(parent).AsSpan().Trim('.');
        return above.Length > 0
            && below.EndsWith(above, StringComparison.OrdinalIgnoreCase)
            && (below.Length == above.Length || below[^(above.Length + 1)] == '.');
    }

    private static string ToAscii(string domain)
    {
        if (System.Text.Ascii.IsValid(domain))
            return domain;
        try
        {
            return Idn.GetAscii(domain.Normalize());
        }
        catch (ArgumentException)
        {
            return domain;
        }
    }
}
