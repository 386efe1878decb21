using MailServer.Rules;
using MimeKit;

namespace MailServer.Pipeline;

/// <summary>Lists the parts of a message in one pass, without keeping any of it.</summary>
internal sealed class PartLister : MimeReader
{
    /// <summary>Parts that are listed: mail that people write has below fifty.</summary>
    public const int MaxParts = 1000;

    private readonly List<MailPart> _parts = [];
    private string _fileName = "";

    private PartLister(Stream message)
        : base(MimeOptions.Parts, message, MimeFormat.Entity)
    {
    }

    public static IReadOnlyList<MailPart> List(Stream message, CancellationToken cancellationToken)
    {
        var lister = new PartLister(message);
        try
        {
            lister.ReadMessage(cancellationToken);
        }
        catch (Exception e) when (e is FormatException or IOException or EnoughException)
        {
            // What was found before it broke stands.
        }

        return lister._parts;
    }

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken) => _fileName = "";

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        // RFC 2183 §2.3; older programs give the name in Content-Type only.
        if (header.Id == HeaderId.ContentDisposition && ContentDisposition.TryParse(MimeOptions.Parts, header.RawValue, out var disposition) && disposition.FileName is { Length: > 0 } name)
            _fileName = name;
    }

    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (_parts.Count == MaxParts)
            throw new EnoughException();
        _parts.Add(new(contentType.MimeType, _fileName.Length > 0 ? _fileName : contentType.Name ?? ""));
    }

    private sealed class EnoughException : Exception;
}
