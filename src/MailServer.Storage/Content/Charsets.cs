using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace MailServer.Storage;

/// <summary>The charsets of mail. .NET knows only a handful until it is told of the others.</summary>
public static class Charsets
{
    /// <summary>Makes them known, to MimeKit too, which remembers what it once did not find: so before anything else of this room runs.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "It must come before the first header is decoded, whoever decodes it.")]
    internal static void Register() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>
    /// The encoding of a charset's name. Text that claims none, or plain ASCII, and yet has 8-bit octets is UTF-8 more often than anything
    /// else; an unknown one is read octet by octet, so that its ASCII is found.
    /// </summary>
    public static Encoding Find(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
            return Encoding.UTF8;
        try
        {
            return Encoding.GetEncoding(name.Trim());
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return Encoding.Latin1;
        }
    }
}
