using System.Diagnostics.CodeAnalysis;
using System.Text;
using MimeKit;
using MimeKit.Encodings;
using MimeKit.Text;
using MimeKit.Utils;

namespace MailServer.Storage;

/// <summary>Reads the beginning of a message's text for a list (RFC 8970): of its first part that is text and no attachment, and no further.</summary>
internal sealed class PreviewReader : MimeReader
{
    /// <summary>RFC 8970 §3.3: what a server should show.</summary>
    private const int Shown = 200;

    /// <summary>Decoded characters looked at: letters made by programs have a page of style before the first word.</summary>
    private const int Looked = 64 * 1024;

    private static new readonly ParserOptions Options = new() { MaxMimeDepth = StructureLimits.Depth };

    private readonly MimeFeed _feed;
    private readonly StringBuilder _text = new();
    private ContentEncoding _encoding;
    private bool _isAttached;
    private IMimeDecoder? _transfer;
    private Decoder? _charset;
    private bool _isHtml;
    private bool _isOver;

    private PreviewReader(MimeFeed feed)
        : base(Options, feed) =>
        _feed = feed;

    /// <summary>The text; empty when there is none.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault of the parser costs the rest of one preview, not the session.")]
    public static string Read(Stream message)
    {
        using var feed = new MimeFeed(message);
        var reader = new PreviewReader(feed);
        try
        {
            reader.ReadMessage();
        }
        catch (Exception problem) when (problem is not (IOException or ObjectDisposedException))
        {
            // What was read until then is the text.
        }

        return Shorten(reader._isHtml ? WithoutMarkup(reader._text.ToString()) : WithoutQuotes(reader._text.ToString()));
    }

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        _feed.BeginHeader();
        (_encoding, _isAttached) = (ContentEncoding.Default, false);
    }

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (header.Id == HeaderId.ContentTransferEncoding)
            _ = MimeUtils.TryParse(Encoding.Latin1.GetString(header.RawValue).Trim(), out _encoding);
        else if (header.Id == HeaderId.ContentDisposition)
            _isAttached = Encoding.Latin1.GetString(header.RawValue).TrimStart().StartsWith("attachment", StringComparison.OrdinalIgnoreCase);
    }

    protected override void OnHeadersEnd(
        long beginOffset, int beginLineNumber, long endOffset, int endLineNumber, CancellationToken cancellationToken) => _feed.EndHeader();

    protected override void OnMimePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        _charset = null;
        if (_isOver || _isAttached || !(contentType.IsMimeType("text", "plain") || contentType.IsMimeType("text", "html")))
            return;
        _isHtml = contentType.IsMimeType("text", "html");
        _transfer = _encoding switch
        {
            ContentEncoding.Base64 => new Base64Decoder(),
            ContentEncoding.QuotedPrintable => new QuotedPrintableDecoder(),
            ContentEncoding.UUEncode => new UUDecoder(),
            _ => null,
        };
        _charset = Charsets.Find(contentType.Charset).GetDecoder();
    }

    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        if (_charset is null || _isOver)
            return;
        var octets = buffer.AsSpan(startIndex, count).ToArray();
        if (_transfer is not null)
        {
            var decoded = new byte[_transfer.EstimateOutputLength(count)];
            octets = decoded[.._transfer.Decode(octets, 0, count, decoded)];
        }

        var text = new char[_charset.GetCharCount(octets, flush: false)];
        _text.Append(text, 0, _charset.GetChars(octets, text, flush: false));
        if (_text.Length > Looked)
            Stop();
    }

    protected override void OnMimePartContentEnd(
        long beginOffset, int beginLineNumber, long endOffset, int lines, NewLineFormat? newLineFormat, CancellationToken cancellationToken)
    {
        // An empty first part says nothing: the next one may.
        if (_charset is not null && !string.IsNullOrWhiteSpace(_text.ToString()))
            Stop();
    }

    private void Stop()
    {
        _isOver = true;
        _feed.Stop();
    }

    private static string WithoutMarkup(string html)
    {
        var text = new StringBuilder();
        var tokenizer = new HtmlTokenizer(new StringReader(html));
        var hidden = 0;
        while (tokenizer.ReadNextToken(out var token) && text.Length < Looked)
        {
            if (token is HtmlTagToken { Id: HtmlTagId.Head or HtmlTagId.Style or HtmlTagId.Script or HtmlTagId.Title } tag)
                hidden = tag.IsEndTag ? Math.Max(0, hidden - 1) : hidden + (tag.IsEmptyElement ? 0 : 1);
            else if (token is HtmlDataToken { Kind: HtmlTokenKind.Data } data && hidden == 0)
                text.Append(data.Data);
            else if (token.Kind == HtmlTokenKind.Tag)
                text.Append(' ');
        }

        return text.ToString();
    }

    // What somebody else has said before is not what this message says.
    private static string WithoutQuotes(string text)
    {
        var lines = text.Split('\n');
        var own = string.Join('\n', lines.Where(line => !line.StartsWith('>')));
        return string.IsNullOrWhiteSpace(own) ? text : own;
    }

    private static string Shorten(string text)
    {
        var shown = new StringBuilder(Shown);
        var (characters, isSpace) = (0, false);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                isSpace = shown.Length > 0;
                continue;
            }

            if (characters + (isSpace ? 2 : 1) > Shown)
                break;
            if (isSpace)
                shown.Append(' ');
            shown.Append(rune.ToString());
            characters += isSpace ? 2 : 1;
            isSpace = false;
        }

        return shown.ToString();
    }
}
