using System.Buffers;
using System.IO.Pipelines;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>A part without its transfer encoding (RFC 3516 §4.2): decoded as it is read, once for the size and once to be sent.</summary>
internal sealed class BinaryContent
{
    private static readonly ReadOnlyMemory<byte>[] EncodingField = ["Content-Transfer-Encoding"u8.ToArray()];

    private readonly SectionContent _section;
    private readonly byte[] _encoding;

    private BinaryContent(SectionContent section, byte[] encoding) => (_section, _encoding) = (section, encoding);

    /// <summary>The encoding is none that is known (RFC 3516 §4.3).</summary>
    public static Problem UnknownCte { get; } = new(new(5, 6, 1), "Unknown transfer encoding");

    /// <summary>Octets, decoded.</summary>
    public long Size { get; private set; }

    /// <summary>Whether one of them is NUL: then only a <c>literal8</c> can hold them.</summary>
    public bool HasNul { get; private set; }

    /// <summary>Finds a part and measures it; null when there is none.</summary>
    public static async ValueTask<Outcome<BinaryContent>?> FindAsync(
        MessagePart? root, BodySection section, IMessageContent content, HeaderBuffer header, CancellationToken cancellationToken)
    {
        if (await SectionContent.FindAsync(root, section, content, header, cancellationToken).ConfigureAwait(false) is not { } octets)
            return null;
        var part = section.Part.Count == 0 || root is null ? null : SectionContent.Find(root, section.Part);
        var encoding = part is null or { IsMultipart: true } ? [] : await EncodingOfAsync(part, content, header, cancellationToken).ConfigureAwait(false);
        if (!TransferDecoder.TryFind(encoding, out _))
            return new Outcome<BinaryContent>(UnknownCte);
        var binary = new BinaryContent(octets, encoding);
        var counter = await binary.DecodeAsync(content, null, 0, 0, cancellationToken).ConfigureAwait(false);
        (binary.Size, binary.HasNul) = (counter.Size, counter.HasNul);
        return new Outcome<BinaryContent>(binary);
    }

    /// <summary>How many octets of a range there are.</summary>
    public long SizeWithin(PartialRange? partial) =>
        partial is not { } range ? Size : Math.Clamp(Size - range.Offset, 0, range.Length);

    /// <summary>Sends the octets of a range.</summary>
    public async ValueTask CopyToAsync(IMessageContent content, PipeWriter destination, PartialRange? partial, CancellationToken cancellationToken) =>
        await DecodeAsync(content, destination, partial?.Offset ?? 0, SizeWithin(partial), cancellationToken).ConfigureAwait(false);

    private async ValueTask<DecodingWriter> DecodeAsync(
        IMessageContent content, PipeWriter? destination, long offset, long length, CancellationToken cancellationToken)
    {
        TransferDecoder.TryFind(_encoding, out var decoder);
        var writer = new DecodingWriter(decoder, destination, offset, length);
        await _section.CopyToAsync(content, writer, cancellationToken).ConfigureAwait(false);
        writer.Complete();
        return writer;
    }

    private static async ValueTask<byte[]> EncodingOfAsync(
        MessagePart part, IMessageContent content, HeaderBuffer header, CancellationToken cancellationToken)
    {
        var filter = new HeaderFieldFilter(EncodingField, isNot: false);
        await header.ReadAsync(content, part.HeaderStart, part.HeaderLength, filter, cancellationToken).ConfigureAwait(false);
        filter.Finish();
        return filter.Kept.Count > 0 && header.TryGet(part.HeaderStart + filter.Kept[0].Offset, filter.Kept[0].Length, out var field) ? NameIn(field) : [];
    }

    private static byte[] NameIn(ReadOnlySpan<byte> field)
    {
        var value = field[(field.IndexOf((byte)':') + 1)..].Trim(" \t\r\n"u8);

        // A comment or a parameter behind it means nothing.
        var end = value.IndexOfAny(" \t;("u8);
        return (end < 0 ? value : value[..end]).Trim((byte)'"').ToArray();
    }

    /// <summary>Decodes what is written to it, counts, and lets a range pass.</summary>
    private sealed class DecodingWriter(TransferDecoder? decoder, PipeWriter? destination, long offset, long length) : PipeWriter
    {
        private const int Piece = 8_192;

        private readonly byte[] _input = new byte[Piece];
        private readonly ArrayBufferWriter<byte> _output = new(Piece);

        public long Size { get; private set; }

        public bool HasNul { get; private set; }

        public override void Advance(int bytes)
        {
            var octets = _input.AsSpan(0, bytes);
            if (decoder is null)
                Pass(octets);
            else
                decoder.Decode(octets, _output);
            PassDecoded();
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) =>
            sizeHint <= Piece ? _input : throw new ArgumentOutOfRangeException(nameof(sizeHint), sizeHint, "pieces are smaller");

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            destination?.FlushAsync(cancellationToken) ?? new(new FlushResult(isCanceled: false, isCompleted: false));

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
            decoder?.Finish(_output);
            PassDecoded();
        }

        private void PassDecoded()
        {
            Pass(_output.WrittenSpan);
            _output.ResetWrittenCount();
        }

        private void Pass(ReadOnlySpan<byte> octets)
        {
            HasNul |= octets.Contains((byte)0);
            if (destination is not null)
            {
                var first = Math.Clamp(offset - Size, 0, octets.Length);
                var end = Math.Clamp(offset + length - Size, 0, octets.Length);
                if (first < end)
                    destination.Write(octets[(int)first..(int)end]);
            }

            Size += octets.Length;
        }
    }
}
