using System.IO.Pipelines;

namespace MailServer.Plugins.Fetch;

/// <summary>Writes a message with CRLF line ends, whatever a server has: a message here has no other.</summary>
internal sealed class LineEnds(PipeWriter? target)
{
    private bool _isAfterCr;

    public async ValueTask CopyAsync(Stream piece, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        while (await piece.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            Write(buffer.AsSpan(0, count));
            await target!.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the message.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (_isAfterCr)
            Put((byte)'\n');
        await target!.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Write(ReadOnlySpan<byte> octets)
    {
        var span = target!.GetSpan(2 * octets.Length + 1);
        var length = 0;
        foreach (var octet in octets)
        {
            // A CR alone ends a line, too, and so does an LF alone.
            if (_isAfterCr && octet != '\n')
                span[length++] = (byte)'\n';
            if (octet == '\n' && !_isAfterCr)
                span[length++] = (byte)'\r';
            span[length++] = octet;
            _isAfterCr = octet == '\r';
        }

        target.Advance(length);
    }

    private void Put(byte octet)
    {
        target!.GetSpan(1)[0] = octet;
        target.Advance(1);
    }
}
