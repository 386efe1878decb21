namespace MailServer.Storage;

/// <summary>
/// Places of a stored file for which it is known where they are in the octets sent: a checkpoint every <see cref="Step"/> stored bytes, as far
/// as somebody has read. A client that fetches a big mail in pieces would else have the file read from its beginning for every piece.
/// Safe for several threads; may outlive the <see cref="StoredContent"/> and serve the next one of the same file.
/// </summary>
internal sealed class CrlfMap
{
    /// <summary>Reading this much again costs well below a millisecond; a file of 100 MB has 400 checkpoints.</summary>
    public const int Step = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly List<Checkpoint> _checkpoints = [default];

    /// <summary>The last checkpoint at or before an octet.</summary>
    public Checkpoint Before(long octet)
    {
        lock (_gate)
        {
            var (low, high) = (0, _checkpoints.Count - 1);
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                if (_checkpoints[middle].Octet <= octet)
                    low = middle;
                else
                    high = middle - 1;
            }

            return _checkpoints[low];
        }
    }

    /// <summary>Remembers a place when it is the next one that is worth it.</summary>
    public void Passed(in Checkpoint place)
    {
        lock (_gate)
        {
            if (place.Position >= _checkpoints[^1].Position + Step)
                _checkpoints.Add(place);
        }
    }

    /// <summary>A place: <paramref name="Position"/> in the file, <paramref name="Octet"/> in what is sent, and whether a CR comes before it.</summary>
    internal readonly record struct Checkpoint(long Position, long Octet, bool AfterCr);
}
