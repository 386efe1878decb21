namespace MailServer.Storage;

/// <summary>Bounds on what a stranger's message may make us hold or do. What lies beyond is left out; the message itself stays whole.</summary>
internal static class StructureLimits
{
    /// <summary>Nested parts: real mail stays below ten; parser and writer recurse. A multipart deeper than this is an opaque part.</summary>
    public const int Depth = 100;

    /// <summary>Parts in all: digests have hundreds. Each costs a hundred octets in BODYSTRUCTURE.</summary>
    public const int Parts = 10_000;

    /// <summary>Parameters of one field; real ones have five, continuations of long names thirty.</summary>
    public const int Parameters = 200;

    /// <summary>Addresses of one field: the largest real lists have about a thousand.</summary>
    public const int Addresses = 2_000;

    /// <summary>
    /// One header block: longer ones cost the parser time that grows with the square. Trace, ARC and DKIM fields come to 100 KiB at worst, and as many
    /// addresses as we show to twice that.
    /// </summary>
    public const int HeaderOctets = 512 * 1024;

    /// <summary>Ids of one References field: the longest threads have about two hundred, and mail programs keep some twenty of them.</summary>
    public const int References = 500;

    /// <summary>All header blocks of a message: decoding garbage costs a second a megabyte. A digest of a thousand messages has about this.</summary>
    public const int AllHeaderOctets = 4 * 1024 * 1024;

    /// <summary>One text of an ENVELOPE or BODYSTRUCTURE: no client shows more, and the index keeps them.</summary>
    public const int TextOctets = 16 * 1024;

    /// <summary>
    /// BODYSTRUCTURE in all: what comes later is shown without texts. An address of two octets makes ninety in ENVELOPE, so that a mail of
    /// 25 MB would else make a gigabyte. Of 3,500 public mails the longest has 20 KiB.
    /// </summary>
    public const int StructureOctets = 4 * 1024 * 1024;
}
