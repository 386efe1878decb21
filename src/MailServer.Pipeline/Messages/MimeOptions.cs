using System.Text;
using MimeKit;

namespace MailServer.Pipeline;

/// <summary>How MimeKit reads for us.</summary>
internal static class MimeOptions
{
    static MimeOptions()
    {
        // Half of the world's older mail is in these; .NET has them, but only for those who ask. Before all else: MimeKit looks which there are once.
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        Fields = new() { MaxAddressGroupDepth = 2 };
        Parts = new() { MaxMimeDepth = 50 };
    }

    /// <summary>For header fields.</summary>
    public static ParserOptions Fields { get; }

    /// <summary>For bodies. Forwarded mail nests to five or ten.</summary>
    public static ParserOptions Parts { get; }

    /// <summary>To be called before anybody asks MimeKit.</summary>
    public static void Prepare()
    {
    }
}
