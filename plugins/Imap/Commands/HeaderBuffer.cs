using System.IO.Pipelines;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>
/// Reads a header through a filter and keeps its beginning, so that the chosen fields need not be looked up in the file again. One for all
/// messages of a FETCH.
/// </summary>
internal sealed class HeaderBuffer : PipeWriter
{
    // Headers have 3 KiB on average and seldom more than 16; what is longer than the greatest step is read from the file again.
    private const int FirstStep = 8_192;
    private const int Kept = 65_536;

    private byte[] _octets = new byte[FirstStep];
    private HeaderFieldFilter? _filter;
    private long _start;
    private int _length;

    /// <summary>Reads until the filter has seen the empty line, or to the end.</summary>
    public async ValueTask ReadAsync(IMessageContent content, long start, long length, HeaderFieldFilter filter, CancellationToken cancellationToken)
    {
        (_filter, _start, _length) = (filter, start, 0);
        var step = (long)FirstStep;
        for (var at = 0L; at < length && !filter.IsComplete; at += step, step = Math.Max(step, Kept - FirstStep))
        {
            step = Math.Min(step, length - at);
            await content.CopyToAsync(this, start + at, step, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What is in memory from the start on.</summary>
    public ReadOnlySpan<byte> Held => _octets.AsSpan(0, _length);

    /// <summary>Takes fields that somebody else has kept, in the place of a header. False when there are none.</summary>
    public bool TryHold(ReadOnlyMemory<byte>? fields)
    {
        if (fields is not { } octets)
            return false;
        if (_octets.Length < octets.Length)
            Array.Resize(ref _octets, octets.Length);
        octets.CopyTo(_octets);
        (_filter, _start, _length) = (null, 0, octets.Length);
        return true;
    }

    /// <summary>Octets of the message that are in memory.</summary>
    public bool TryGet(long offset, long length, out ReadOnlySpan<byte> octets)
    {
        octets = default;
        if (offset < _start || offset + length > _start + _length)
            return false;
        octets = _octets.AsSpan((int)(offset - _start), (int)length);
        return true;
    }

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        _filter?.Add(_octets.AsSpan(_length, bytes));
        if (_length + bytes <= Kept)
            _length += bytes;
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        // Behind what is kept there is always room for one more piece, which is only filtered.
        var needed = _length + Math.Max(sizeHint, 1_024);
        if (_octets.Length < needed)
            Array.Resize(ref _octets, Math.Max(needed, Math.Min(2 * _octets.Length, Kept)));
        return _octets.AsMemory(_length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Nobody reads on behind the empty line.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        new(new FlushResult(isCanceled: false, isCompleted: _filter is { IsComplete: true }));

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
    }
}
