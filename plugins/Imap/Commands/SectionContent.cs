using System.Buffers;
using System.IO.Pipelines;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>The octets of a section as ranges of the message: nothing is read before it is sent.</summary>
/// <param name="Ranges">Offsets and lengths, ascending.</param>
/// <param name="EmptyLine">Octets of an empty line behind them that the message does not have (0 to 2).</param>
/// <param name="Header">Where the ranges may be in memory already; used before the next section is looked for.</param>
internal sealed record SectionContent(IReadOnlyList<(long Offset, long Length)> Ranges, int EmptyLine = 0, HeaderBuffer? Header = null)
{
    private static SectionContent Nothing { get; } = new([]);

    public long Size => Ranges.Sum(range => range.Length) + EmptyLine;

    /// <summary>Null when the message has no such part (it is answered with NIL).</summary>
    public static async ValueTask<SectionContent?> FindAsync(
        MessagePart? root, BodySection section, IMessageContent content, HeaderBuffer header, CancellationToken cancellationToken)
    {
        if (FetchPlan.IsWhole(section))
            return new([(0, content.Size)]);
        if (section is { Part.Count: 0, Fields.Count: > 0 })
            return await FilterAsync(0, content.Size, section, content, header, cancellationToken).ConfigureAwait(false);
        if (root is null)
            return null;
        if (Find(root, section.Part) is not { } part)
            return null;
        if (section.Text == SectionText.All)
            return new([(part.BodyStart, part.BodyLength)]);
        if (section.Text == SectionText.Mime)
            return new([(part.HeaderStart, part.HeaderLength)]);

        // HEADER and TEXT are of messages: the whole one, or one within a message/rfc822 part.
        if ((section.Part.Count == 0 ? root : part.Message) is not { } message)
            return null;
        return section.Text switch
        {
            SectionText.Header => new([(message.HeaderStart, message.HeaderLength)]),
            SectionText.Text => new([(message.BodyStart, message.BodyLength)]),
            _ => await FilterAsync(message.HeaderStart, message.HeaderLength, section, content, header, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>The chosen ones of the fields that are in memory.</summary>
    public static SectionContent Among(BodySection section, HeaderBuffer header)
    {
        var filter = new HeaderFieldFilter(section.Fields, isNot: false);
        filter.Add(header.Held);
        filter.Finish();
        return new(filter.Kept, EmptyLine: 2, header);
    }

    /// <summary>What lies within the range that the client asks for; nothing when it begins behind the end (RFC 3501 §6.4.5).</summary>
    public SectionContent Within(PartialRange? partial)
    {
        if (partial is not { } range)
            return this;
        if (range.Offset >= Size)
            return Nothing;

        var (skip, left) = (range.Offset, range.Length);
        var kept = new List<(long, long)>();
        foreach (var (offset, length) in Ranges)
        {
            var skipped = Math.Min(skip, length);
            skip -= skipped;
            var taken = Math.Min(left, length - skipped);
            left -= taken;
            if (taken > 0)
                kept.Add((offset + skipped, taken));
        }

        return this with { Ranges = kept, EmptyLine = (int)Math.Min(left, EmptyLine - Math.Min(skip, EmptyLine)) };
    }

    public async ValueTask CopyToAsync(IMessageContent? content, PipeWriter destination, CancellationToken cancellationToken)
    {
        foreach (var (offset, length) in Ranges)
        {
            if (Header is not null && Header.TryGet(offset, length, out var octets))
                destination.Write(octets);
            else if (content is not null)
                await content.CopyToAsync(destination, offset, length, cancellationToken).ConfigureAwait(false);
        }

        destination.Write("\r\n"u8[..EmptyLine]);
    }

    // RFC 3501 §6.4.5: part numbers go into multiparts, and through message/rfc822 into the message's own; a message that is no multipart has
    // one part, 1.
    public static MessagePart? Find(MessagePart root, IReadOnlyList<uint> numbers)
    {
        var current = root;
        for (var i = 0; i < numbers.Count; i++)
        {
            var holder = i == 0 ? root : current.Message ?? current;
            var isMessage = i == 0 || current.Message is not null;
            if (holder.IsMultipart)
            {
                if (numbers[i] > holder.Children.Count)
                    return null;
                current = holder.Children[(int)numbers[i] - 1];
            }
            else if (isMessage && numbers[i] == 1)
            {
                current = holder;
            }
            else
            {
                return null;
            }
        }

        return current;
    }

    private static async ValueTask<SectionContent> FilterAsync(
        long start, long length, BodySection section, IMessageContent content, HeaderBuffer header, CancellationToken cancellationToken)
    {
        var filter = new HeaderFieldFilter(section.Fields, section.Text == SectionText.HeaderFieldsNot);
        await header.ReadAsync(content, start, length, filter, cancellationToken).ConfigureAwait(false);
        filter.Finish();

        // RFC 3501 §6.4.5: the empty line between header and text is always there.
        return new([.. filter.Kept.Select(kept => (start + kept.Offset, kept.Length))], filter.IsComplete ? 0 : 2, header);
    }
}
