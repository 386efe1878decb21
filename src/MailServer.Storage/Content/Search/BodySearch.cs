using System.Diagnostics.CodeAnalysis;
using System.Text;
using MimeKit;
using MimeKit.Utils;

namespace MailServer.Storage;

/// <summary>
/// BODY: reads all that is text (text/*, message/*) within a message's body, transfer encoding and charset undone, and in the
/// headers of its parts and of messages within. Reads in pieces and stops when the reader has enough.
/// </summary>
internal sealed class BodySearch : MimeReader
{
    private static new readonly ParserOptions Options = new() { MaxMimeDepth = StructureLimits.Depth };

    private readonly MimeFeed _feed;
    private readonly ITextSink _sink;
    private readonly PartText _text = new();
    private bool _isWithin;
    private bool _isText;
    private ContentEncoding _encoding;

    private BodySearch(MimeFeed feed, ITextSink sink)
        : base(Options, feed) =>
        (_feed, _sink) = (feed, sink);

    /// <summary>Which of the texts the message's body holds.</summary>
    public static bool[] Find(Stream message, IReadOnlyList<string> needles)
    {
        if (needles.Count == 0)
            return [];
        var scanner = new TextScanner(needles);
        Read(message, scanner);
        return scanner.Found;
    }

    /// <summary>Reads the text of a message's body.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault of the parser costs the rest of one message, not the search.")]
    public static void Read(Stream message, ITextSink sink)
    {
        using var feed = new MimeFeed(message);
        try
        {
            new BodySearch(feed, sink).ReadMessage();
        }
        catch (Exception problem) when (problem is not (IOException or ObjectDisposedException))
        {
            // What was read until then is the text.
        }
    }

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        _feed.BeginHeader();
        _encoding = ContentEncoding.Default;
    }

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (header.Id == HeaderId.ContentTransferEncoding)
            _ = MimeUtils.TryParse(Encoding.Latin1.GetString(header.RawValue).Trim(), out _encoding);
        if (!_isWithin || _sink.IsDone)
            return;
        _sink.Add(header.Field);
        _sink.Add(": ");
        _sink.Add(SearchHeader.Decode(header.RawValue));
        _sink.End();
    }

    protected override void OnHeadersEnd(
        long beginOffset, int beginLineNumber, long endOffset, int endLineNumber, CancellationToken cancellationToken)
    {
        _feed.EndHeader();
        _isWithin = true;
    }

    protected override void OnMimePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        // A multipart that comes as a part lies too deep to be looked into: its text is searched as it is.
        _isText = contentType.MediaType.Equals("text", StringComparison.OrdinalIgnoreCase)
            || contentType.MediaType.Equals("message", StringComparison.OrdinalIgnoreCase)
            || contentType.MediaType.Equals("multipart", StringComparison.OrdinalIgnoreCase);
        if (_isText)
            _text.Begin(_encoding, contentType.Charset);
    }

    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        if (!_isText)
            return;
        if (_sink.IsDone)
        {
            _feed.Stop();
            return;
        }

        _sink.Add(_text.Read(buffer, startIndex, count));
    }

    protected override void OnMimePartContentEnd(
        long beginOffset, int beginLineNumber, long endOffset, int lines, NewLineFormat? newLineFormat, CancellationToken cancellationToken)
    {
        if (_isText)
            _sink.Add(_text.End());
        _sink.End();
    }
}
