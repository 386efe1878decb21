using MailServer.Rules;
using MimeKit;

namespace MailServer.Pipeline;

/// <summary>Lists the parts of a message in one pass, without keeping any of it.</summary>
internal sealed class PartLister : MimeReader
{
    /// <summary>Parts that are listed: mail that people write has below fifty.</summary>
    public const int MaxParts = 1000;

    private readonly List<MailPart> _parts = [];
    private PartHeader _header;
    private long _letters;

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

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken) => _header = default;

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken) => _header.Read(header);

    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (_parts.Count == MaxParts)
            throw new EnoughException();
        _letters = 0;
        _parts.Add(new(contentType.MimeType.ToLowerInvariant(), _header.FileNameOr(contentType), 0, _header.IsAttachment));
    }

    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        // Four letters are three octets (RFC 4648 §4); line ends and padding are none.
        var octets = buffer.AsSpan(startIndex, count);
        if (_header.Encoding is ContentEncoding.Base64)
            _letters += count - octets.Count((byte)'\n') - octets.Count((byte)'\r') - octets.Count((byte)'=');
    }

    protected override void OnMimePartContentEnd(
        long beginOffset, int beginLineNumber, long endOffset, int lines, NewLineFormat? newLineFormat, CancellationToken cancellationToken) =>
        _parts[^1] = _parts[^1] with { Size = _header.Encoding is ContentEncoding.Base64 ? _letters * 3 / 4 : endOffset - beginOffset };

    private sealed class EnoughException : Exception;
}
