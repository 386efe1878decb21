using MimeKit;

namespace MailServer.Storage;

/// <summary>Builds the tree of parts from the parser's events, in one pass and without keeping any content.</summary>
internal sealed class StructureWalker(MimeFeed feed) : MimeReader(Options, feed)
{
    private static new readonly ParserOptions Options = new() { MaxMimeDepth = StructureLimits.Depth };

    private readonly Stack<PartNode> _open = new();
    private HeaderFields _fields = new();
    private long _headerEnd;
    private long _lines;
    private int _count;

    /// <summary>The message's own root, when the parser came as far as that.</summary>
    public PartNode? Root { get; private set; }

    /// <summary>The fields of the last header begun: all there is when the parser gave up within the first.</summary>
    public HeaderFields Fields => _fields;

    /// <summary>Closes what the parser left open and brings every place within the message.</summary>
    public void Close(long size)
    {
        while (_open.TryPop(out var node))
            node.End = long.MaxValue;
        if (Root is not null)
        {
            Root.End = long.MaxValue;
            Root.HeaderStart = 0;
            Clamp(Root, 0, size);
        }
    }

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        feed.BeginHeader();
        _fields = new();
    }

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        _lines += header.RawField.AsSpan().Count((byte)'\n') + header.RawValue.AsSpan().Count((byte)'\n');
        _fields.Add(header);
    }

    protected override void OnBodySeparator(long beginOffset, int lineNumber, long endOffset, CancellationToken cancellationToken) => _lines++;

    protected override void OnHeadersEnd(
        long beginOffset, int beginLineNumber, long endOffset, int endLineNumber, CancellationToken cancellationToken)
    {
        feed.EndHeader();
        _headerEnd = endOffset;
    }

    protected override void OnMimePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        Open(PartKind.Leaf, contentType, beginOffset);

    protected override void OnMultipartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        // RFC 2046 §5.1.1: a boundary does not end with white space; the parser takes it off the lines but not off the parameter.
        if (contentType.Boundary is { } boundary && boundary.Length > 0 && char.IsWhiteSpace(boundary[^1]))
            contentType.Boundary = boundary.TrimEnd();
        Open(PartKind.Multipart, contentType, beginOffset);
    }

    // The parser looks into message/news, message/external-body and others too; IMAP knows only these two as messages (RFC 9051 §7.5.2).
    protected override void OnMessagePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        Open(contentType.IsMimeType("message", "rfc822") || contentType.IsMimeType("message", "global") ? PartKind.Message : PartKind.Leaf, contentType, beginOffset);

    protected override void OnMimePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines,
        CancellationToken cancellationToken) =>
        Shut(endOffset);

    protected override void OnMultipartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines,
        CancellationToken cancellationToken) =>
        Shut(endOffset);

    protected override void OnMessagePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines,
        CancellationToken cancellationToken) =>
        Shut(endOffset);

    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) =>
        _lines += buffer.AsSpan(startIndex, count).Count((byte)'\n');

    protected override void OnMultipartPreambleRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) =>
        _lines += buffer.AsSpan(startIndex, count).Count((byte)'\n');

    protected override void OnMultipartEpilogueRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken) =>
        _lines += buffer.AsSpan(startIndex, count).Count((byte)'\n');

    protected override void OnMultipartBoundaryRead(
        byte[] buffer, int startIndex, int count, long beginOffset, int lineNumber, CancellationToken cancellationToken) =>
        _lines += buffer.AsSpan(startIndex, count).Count((byte)'\n');

    protected override void OnMultipartEndBoundaryRead(
        byte[] buffer, int startIndex, int count, long beginOffset, int lineNumber, CancellationToken cancellationToken) =>
        _lines += buffer.AsSpan(startIndex, count).Count((byte)'\n');

    private void Open(PartKind kind, ContentType type, long begin)
    {
        var node = new PartNode
        {
            Kind = kind,
            Type = type.MediaType,
            Subtype = type.MediaSubtype,
            Fields = _fields,
            HeaderStart = begin + feed.Shift,
            BodyStart = _headerEnd + feed.Shift,
            LinesBefore = _lines,
        };

        if (!_open.TryPeek(out var parent))
            Root ??= node;
        else if (parent.Kind == PartKind.Multipart && ++_count < StructureLimits.Parts)
            parent.Children.Add(node);
        else if (parent.Kind == PartKind.Message && ++_count < StructureLimits.Parts)
            parent.Message ??= node;
        _open.Push(node);
    }

    private void Shut(long end)
    {
        var node = _open.Pop();

        // The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1), so it is read, and yet lies behind the part.
        node.Lines = Math.Max(0, _lines - node.LinesBefore - (end < Position ? 1 : 0));
        node.End = feed.IsCut && end >= Position ? long.MaxValue : end + feed.Shift;
    }

    // Broken mail leads the parser to ends that lie before beginnings; a header is kept whole before a body gets anything.
    private static void Clamp(PartNode node, long from, long to)
    {
        node.HeaderStart = Math.Clamp(node.HeaderStart, from, to);
        node.BodyStart = Math.Clamp(node.BodyStart, node.HeaderStart, to);
        node.End = Math.Clamp(node.End, node.BodyStart, to);
        foreach (var child in node.Children)
            Clamp(child, node.BodyStart, node.End);
        if (node.Message is not null)
            Clamp(node.Message, node.BodyStart, node.End);
    }
}
