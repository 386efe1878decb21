namespace MailServer.Storage;

/// <summary>Octets that have been read already, then those that have not.</summary>
internal sealed class ReplayStream(ReadOnlyMemory<byte> first, Stream then) : ForwardStream
{
    private int _at;

    public override int Read(Span<byte> buffer)
    {
        if (_at == first.Length)
            return then.Read(buffer);
        var count = Math.Min(buffer.Length, first.Length - _at);
        first.Span.Slice(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
}
