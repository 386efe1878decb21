using System.IO.Compression;

namespace MailServer.Server.Listening;

/// <summary>
/// Reads what a peer has compressed. It may refer back by 32 KB at any time, so this much must be held as long as the connection lives. However
/// much a few octets may stand for, no more is made of them than is asked for.
/// </summary>
internal sealed class InflateStream(Stream beneath) : OneWayStream
{
    private readonly DeflateStream _inflate = new(beneath, CompressionMode.Decompress, leaveOpen: true);

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _inflate.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new IOException("what the peer sends is not DEFLATE", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inflate.Dispose();
        base.Dispose(disposing);
    }
}
