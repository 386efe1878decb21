namespace MailServer.Rules;

/// <summary>Where a <see cref="Mail"/> gets its facts from. Nothing throws: what is broken is empty.</summary>
public interface IMailSource
{
    /// <summary>All values of a field, unfolded and decoded, top first.</summary>
    IReadOnlyList<string> Fields(string name);

    /// <summary>The people of an address field.</summary>
    IReadOnlyList<Correspondent> Addresses(string name);

    /// <summary>The Date field, or else when the message came.</summary>
    DateTimeOffset Date { get; }

    /// <summary>Octets.</summary>
    long Size { get; }

    /// <summary>Sum of the filters' scores.</summary>
    double JunkScore { get; }

    /// <summary>Whether a filter says that DMARC passed.</summary>
    bool IsAuthentic { get; }

    /// <summary>The parts of the body that are not multiparts, in order.</summary>
    IReadOnlyList<MailPart> Parts { get; }
}

/// <summary>One part of a message's body.</summary>
/// <param name="MediaType">As <c>text/calendar</c>.</param>
/// <param name="FileName">The name it is to be saved under; empty when it has none.</param>
public readonly record struct MailPart(string MediaType, string FileName);
