using System.Buffers;

namespace MailServer.Storage;

/// <summary>
/// Takes an mbox apart, of any kind (mboxo, mboxrd, mboxcl, mboxcl2, with LF or CRLF). Where it is unclear whether a line begins a message,
/// it does not: then two messages are one file, and nothing is lost.
/// </summary>
internal sealed class MboxReader(string path) : IDisposable
{
    /// <summary>A From_ line, and enough of the line after it to see whether it is a header field.</summary>
    private const int Look = 3 * FromLine.MaxLength;

    private readonly FileWindow _window = new(path);
    private readonly byte[] _elsewhere = new byte[Look];

    public long Position => _window.Position;

    /// <summary>Whether a file is an mbox, by its first lines.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head)
    {
        head = head.TrimStart("\r\n"u8);
        return Separator(head, isAfterEmptyLine: true) is not null;
    }

    /// <summary>The next message; null at the end of the file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public MboxMessage? Read(IBufferWriter<byte> into, CancellationToken cancellationToken)
    {
        var isFirst = _window.Position == 0;
        if (isFirst && _window.Ahead(3).StartsWith("\uFEFF"u8))
            _window.Advance(3);
        SkipEmptyLines();
        if (_window.Ahead(Look) is not { Length: > 0 } line)
            return null;
        var position = _window.Position;

        // Only the file's first message can be without a From_ line: it is kept as it is.
        var from = Separator(line, isAfterEmptyLine: true);
        if (from is not null)
            _window.Advance(line.IndexOf((byte)'\n') is >= 0 and var end ? end + 1 : line.Length);
        var start = _window.Position;
        var head = _window.Ahead(FileWindow.Size);
        var fields = MboxFields.Read(head, (bodyStart, length) => Fits(start + bodyStart, length));
        var arrival = from is { Date: { } date, IsDateOfCopy: false } ? date : HeaderScan.ArrivalOf(head) ?? from?.Date;
        var output = new MessageOutput(into);
        if (fields.ContentLength is { } counted)
            CopyCounted(output, fields, start, counted, cancellationToken);
        else
            CopyLines(output, fields, start, long.MaxValue, isQuoted: true, cancellationToken);
        output.Finish(fields.HasFinalNewline);
        return new(position, fields.Flags, arrival, output.IsTooLong ? SkipReason.TooLarge : fields.Skip);
    }

    public void Dispose() => _window.Dispose();

    private void CopyCounted(MessageOutput output, MboxFields fields, long start, long length, CancellationToken cancellationToken)
    {
        var bodyStart = start + fields.BodyStart;
        CopyLines(output, fields, start, bodyStart, isQuoted: true, cancellationToken);
        output.KeepEmptyLine();
        CopyLines(output, fields, start, bodyStart + length, IsQuoted(bodyStart, length), cancellationToken);
        output.KeepEmptyLine();
    }

    /// <summary>Copies lines up to a place, or else up to the next From_ line.</summary>
    private void CopyLines(MessageOutput output, MboxFields fields, long start, long until, bool isQuoted, CancellationToken cancellationToken)
    {
        var isAfterEmptyLine = true;
        while (_window.Position < until && _window.Ahead(Look) is { Length: > 0 } line)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (until == long.MaxValue && Separator(line, isAfterEmptyLine) is not null)
                return;
            if (fields.IsTaken(_window.Position - start, out var end))
            {
                _window.Advance((int)(start + end - _window.Position));
                continue;
            }

            var empty = line.StartsWith("\n"u8) ? 1 : line.StartsWith("\r\n"u8) ? 2 : 0;
            isAfterEmptyLine = empty > 0;
            if (empty > 0)
            {
                output.WriteEmptyLine(empty);
                _window.Advance(empty);
                continue;
            }

            if (isQuoted && line[0] == '>' && MboxQuoting.IsFrom(_window))
                _window.Advance(1);
            CopyLine(output, until);
        }
    }

    private void CopyLine(MessageOutput output, long until)
    {
        while (_window.Position < until && _window.Ahead(1) is { Length: > 0 } ahead)
        {
            var end = ahead.IndexOf((byte)'\n');
            var part = ahead[..(int)Math.Min(end < 0 ? ahead.Length : end + 1, until - _window.Position)];
            output.Write(part);
            _window.Advance(part.Length);
            if (end >= 0)
                return;
        }
    }

    private void SkipEmptyLines()
    {
        while (_window.Ahead(2) is [(byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..])
            _window.Advance(_window.Ahead(2)[0] == '\n' ? 1 : 2);
    }

    /// <summary>
    /// The From_ line that the text begins with. After an empty line one with a date counts when a header, an empty message, or nothing
    /// follows; without an empty line, or without a date, a header field must follow.
    /// </summary>
    private static FromLine? Separator(ReadOnlySpan<byte> text, bool isAfterEmptyLine)
    {
        if (!text.StartsWith("From "u8))
            return null;
        var end = text.IndexOf((byte)'\n');
        if (!FromLine.TryParse(text[..(end < 0 ? text.Length : end)].TrimEnd((byte)'\r'), out var line))
            return null;
        var next = end < 0 ? default : text[(end + 1)..];
        if (HeaderScan.IsField(next) || next.StartsWith(">From "u8))
            return isAfterEmptyLine || line.Date is not null ? line : null;
        return isAfterEmptyLine && line.Date is not null && (next.IsEmpty || next.StartsWith("\n"u8) || next.StartsWith("\r\n"u8)) ? line : null;
    }

    /// <summary>Whether a body that is said to be so long is: its last line ends there, and then the file ends too or the next From_ line follows.</summary>
    private bool Fits(long start, long length)
    {
        var end = start + length;
        if (end < 0 || (length > 0 && _window.At(end - 1, _elsewhere) is not [(byte)'\n', ..]))
            return false; // negative: a length that made the sum overflow
        var text = _window.At(end, _elsewhere);
        if (text.IsEmpty)
            return _window.IsEnd(end);
        var next = text.TrimStart("\r\n"u8);
        return next.Length < text.Length && (next.IsEmpty || Separator(next, isAfterEmptyLine: true) is not null);
    }

    /// <summary>A body of known length with a bare <c>From </c> line was quoted by nobody (mboxcl2); any other as all are (mboxcl).</summary>
    private bool IsQuoted(long start, long length)
    {
        var piece = new byte[FileWindow.Size];
        for (var position = start; position < start + length; position += piece.Length - 5)
        {
            // Pieces overlap, so that none cuts what is looked for.
            var text = _window.At(position, piece);
            text = text[..(int)Math.Min(text.Length, start + length - position)];
            if ((position == start && text.StartsWith("From "u8)) || text.IndexOf("\nFrom "u8) >= 0)
                return false;
        }

        return true;
    }
}

/// <summary>A message of an mbox.</summary>
/// <param name="Position">Where in the file its From_ line is.</param>
/// <param name="Flags">What the header fields say of its flags.</param>
/// <param name="Date">When it came, as far as it tells.</param>
/// <param name="Skip">Why it is not to be taken; null when it is.</param>
internal readonly record struct MboxMessage(long Position, MessageFlags Flags, DateTimeOffset? Date, SkipReason? Skip);
