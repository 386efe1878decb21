namespace MailServer.Wire.Imap;

/// <summary>Bounds of what one request may hold, each with its reason. What is above is refused, never cut.</summary>
public static class GrammarLimits
{
    /// <summary>Depth of search keys and lists: clients stay below ten, and reading recurses.</summary>
    public const int Depth = 50;

    /// <summary>Keys of one SEARCH: rules that clients make of address books reach some hundreds; each costs a pass over the candidates.</summary>
    public const int SearchKeys = 1_000;

    /// <summary>Criteria of one SORT: there are nine keys, and one that comes again changes nothing.</summary>
    public const int SortCriteria = 16;

    /// <summary>Items of one FETCH: there are fewer than twenty names; the rest is body sections.</summary>
    public const int FetchItems = 64;

    /// <summary>Field names of one HEADER.FIELDS: clients ask for some thirty.</summary>
    public const int HeaderFields = 256;

    /// <summary>Part numbers of a section: the store reads no deeper nesting.</summary>
    public const int SectionDepth = 128;

    /// <summary>Flags of one STORE or APPEND: a Maildir name holds 26 keywords, the keyword file some more.</summary>
    public const int Flags = 128;

    /// <summary>Octets of a keyword: it is stored in a line of <c>dovecot-keywords</c>, and clients show it as a label.</summary>
    public const int KeywordOctets = 128;

    /// <summary>Octets of a tag: clients send up to a dozen; it is repeated in our answer.</summary>
    public const int TagOctets = 64;

    /// <summary>Ranges of a sequence set; the line limit lets no more than this pass anyway.</summary>
    public const int Ranges = 40_000;

    /// <summary>Pairs of ID (RFC 2971 §3.3: an implementation sends no more than 30).</summary>
    public const int IdPairs = 30;

    /// <summary>Entries of one GETMETADATA or SETMETADATA: more than a mailbox may have.</summary>
    public const int MetadataEntries = 128;

    /// <summary>Octets of an entry's name.</summary>
    public const int MetadataNameOctets = 255;

    /// <summary>Mailboxes of one list: clients name those that they show.</summary>
    public const int Mailboxes = 1_000;

    /// <summary>Names of one ENABLE, STATUS or option list: more than all that are registered and make sense.</summary>
    public const int Names = 32;
}
