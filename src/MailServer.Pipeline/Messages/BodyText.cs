using System.Text;
using MailServer.Rules;
using MailServer.Storage;
using MimeKit;

namespace MailServer.Pipeline;

/// <summary>Reads the text that a reader of the message sees, in one pass that ends when there is enough of it.</summary>
internal sealed class BodyText : MimeReader
{
    /// <summary>Characters of HTML that are turned into text: what programs write has three times as much markup as text.</summary>
    private const int MaxHtml = 4 * MailText.MaxBody;

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _html = new();
    private readonly PartText _part = new();
    private PartHeader _header;
    private bool _isText;
    private bool _isHtml;

    private BodyText(Stream message)
        : base(MimeOptions.Parts, message, MimeFormat.Entity)
    {
    }

    /// <summary>The text, of at most <see cref="MailText.MaxBody"/> characters; what was read before the message broke stands.</summary>
    public static string Read(Stream message, CancellationToken cancellationToken)
    {
        var reader = new BodyText(message);
        try
        {
            reader.ReadMessage(cancellationToken);
        }
        catch (Exception e) when (e is FormatException or IOException or EnoughException)
        {
            reader.EndPart();
        }

        return reader._text.ToString(0, Math.Min(reader._text.Length, MailText.MaxBody));
    }

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken) => _header = default;

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken) => _header.Read(header);

    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        _isText = contentType.MediaType.Equals("text", StringComparison.OrdinalIgnoreCase) && !_header.IsAttachment && _header.FileNameOr(contentType).Length == 0;
        _isHtml = contentType.MediaSubtype.Equals("html", StringComparison.OrdinalIgnoreCase);
        if (_isText)
            _part.Begin(_header.Encoding, contentType.Charset);
    }

    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        if (!_isText)
            return;
        if (_text.Length >= MailText.MaxBody || _html.Length >= MaxHtml)
            throw new EnoughException();
        Add(_part.Read(buffer, startIndex, count));
    }

    protected override void OnMimePartContentEnd(
        long beginOffset, int beginLineNumber, long endOffset, int lines, NewLineFormat? newLineFormat, CancellationToken cancellationToken)
    {
        if (_isText)
            Add(_part.End());
        EndPart();
    }

    private void EndPart()
    {
        if (_html.Length > 0)
            HtmlText.Append(_html.ToString(), _text);
        _html.Clear();
        // No word spans two parts.
        if (_text.Length > 0 && _text[^1] != '\n')
            _text.Append('\n');
    }

    private void Add(ReadOnlySpan<char> characters) => (_isHtml ? _html : _text).Append(characters);

    private sealed class EnoughException : Exception;
}
