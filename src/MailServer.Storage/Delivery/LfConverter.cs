namespace MailServer.Storage;

/// <summary>
/// Turns lines ended by CRLF into lines ended by LF, in any pieces. A CR that stands before CRLF keeps the whole <c>CR CR LF</c>:
/// reading puts a CR before each LF that has none, so every message comes back octet for octet.
/// </summary>
internal struct LfConverter
{
    private int _pendingCrs; // CRs at the end of the last piece, not written yet: 0, 1, or 2 for "two or more, all but two written"

    /// <summary>Octets that readers will get: each LF written without a CR before it counts twice.</summary>
    public long CrlfSize { get; private set; }

    /// <summary>The most octets that <see cref="Convert"/> writes for so many.</summary>
    public static int MaxLength(int length) => length + 2;

    /// <summary>Converts a piece.</summary>
    /// <returns>How many octets were written.</returns>
    public int Convert(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var written = 0;
        while (!source.IsEmpty)
        {
            if (_pendingCrs == 0)
            {
                var cr = source.IndexOf((byte)'\r');
                var plain = cr < 0 ? source : source[..cr];
                plain.CopyTo(destination[written..]);
                written += plain.Length;
                CrlfSize += plain.Length + (plain.IsEmpty ? 0 : CountBareLf(plain));
                if (cr < 0)
                    break;
                source = source[(cr + 1)..];
                _pendingCrs = 1;
                continue;
            }

            var next = source[0];
            if (next == '\r')
            {
                if (_pendingCrs == 2)
                {
                    destination[written++] = (byte)'\r';
                    CrlfSize++;
                }

                _pendingCrs = 2;
                source = source[1..];
                continue;
            }

            written += Release(destination[written..], beforeLf: next == '\n');
            if (next != '\n')
                continue;
            destination[written++] = (byte)'\n';
            CrlfSize++;
            source = source[1..];
        }

        return written;
    }

    /// <summary>Writes what was held back at the end.</summary>
    public int Finish(Span<byte> destination) => Release(destination, beforeLf: false);

    private int Release(Span<byte> destination, bool beforeLf)
    {
        var held = _pendingCrs;
        _pendingCrs = 0;
        CrlfSize += held;

        // One CR before an LF is the line end; its octet is counted and left out.
        if (beforeLf && held == 1)
            return 0;
        destination[..held].Fill((byte)'\r');
        return held;
    }

    private static int CountBareLf(ReadOnlySpan<byte> text) => text.Count((byte)'\n');
}
