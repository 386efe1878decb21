using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MailServer.Storage;

/// <summary>
/// The one rule by which stored bytes become the octets that protocols see: an LF that no CR precedes is sent as CRLF, all other octets
/// as they are. So CRLF stays, a bare CR stays, and a last line without an end gets none. Size, offsets and bytes all follow it.
/// </summary>
internal static class CrlfText
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    /// <summary>How many LFs no CR precedes: as many octets are added when the block is sent.</summary>
    /// <param name="block">Some stored bytes.</param>
    /// <param name="afterCr">Whether the byte before the block is a CR; then whether the block's last byte is.</param>
    public static int CountBareLf(ReadOnlySpan<byte> block, ref bool afterCr)
    {
        if (block.IsEmpty)
            return 0;

        var count = block[0] == Lf && !afterCr ? 1 : 0;
        afterCr = block[^1] == Cr;
        var i = 1;
        ref var start = ref MemoryMarshal.GetReference(block);
        for (; i <= block.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var ends = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)i), Vector256.Create(Lf));
            var crBefore = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)(i - 1)), Vector256.Create(Cr));
            count += int.PopCount((int)Vector256.AndNot(ends, crBefore).ExtractMostSignificantBits());
        }

        for (; i < block.Length; i++)
            if (block[i] == Lf && block[i - 1] != Cr)
                count++;
        return count;
    }

    /// <summary>
    /// Copies stored bytes as they are sent, as many as fit. A CRLF may be cut in two: then <paramref name="afterCr"/> is set and the LF is
    /// not yet consumed, and the next call goes on with it.
    /// </summary>
    public static void Expand(ReadOnlySpan<byte> source, Span<byte> destination, ref bool afterCr, out int consumed, out int written)
    {
        (consumed, written) = (0, 0);
        while (consumed < source.Length && written < destination.Length)
        {
            var rest = source[consumed..];
            var end = rest.IndexOf(Lf);
            var run = Math.Min(end < 0 ? rest.Length : end, destination.Length - written);
            if (run > 0)
            {
                rest[..run].CopyTo(destination[written..]);
                afterCr = rest[run - 1] == Cr;
                consumed += run;
                written += run;
            }

            if (run != end || written == destination.Length)
                continue;

            if (!afterCr)
            {
                destination[written++] = Cr;
                afterCr = true;
                if (written == destination.Length)
                    continue;
            }

            destination[written++] = Lf;
            consumed++;
            afterCr = false;
        }
    }

    /// <summary>As <see cref="Expand"/>, without copying: passes over <paramref name="octets"/> sent octets, or as many as the source makes.</summary>
    public static void Skip(ReadOnlySpan<byte> source, long octets, ref bool afterCr, out int consumed, out long skipped)
    {
        (consumed, skipped) = (0, 0);
        while (consumed < source.Length && skipped < octets)
        {
            var rest = source[consumed..];
            var end = rest.IndexOf(Lf);
            var run = (int)Math.Min(end < 0 ? rest.Length : end, octets - skipped);
            if (run > 0)
            {
                afterCr = rest[run - 1] == Cr;
                consumed += run;
                skipped += run;
            }

            if (run != end || skipped == octets)
                continue;

            if (!afterCr)
            {
                skipped++;
                afterCr = true;
                if (skipped == octets)
                    continue;
            }

            skipped++;
            consumed++;
            afterCr = false;
        }
    }
}
