using System.IO.Pipelines;

namespace MailServer.Pipeline;

/// <summary>Takes the Bcc fields out of a message that a user submits: most programs leave them out, and who forgets it must not tell (RFC 5322 §3.6.3).</summary>
internal static class BlindCopies
{
    public static bool AreIn(HeaderBlock header) => header.Count("Bcc"u8) > 0 || header.Count("Resent-Bcc"u8) > 0;

    /// <summary>Copies a message without them. All other octets are as they were.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static async ValueTask CopyWithoutAsync(Stream message, HeaderBlock header, PipeWriter target, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        long at = 0;
        while (await message.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            Write(target, buffer.AsSpan(0, count), at, header);
            at += count;
            await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await target.CompleteAsync().ConfigureAwait(false);
    }

    private static void Write(PipeWriter target, ReadOnlySpan<byte> octets, long at, HeaderBlock header)
    {
        foreach (var field in header.Fields)
        {
            if (!header.Has(field, "Bcc"u8) && !header.Has(field, "Resent-Bcc"u8))
                continue;
            var start = (int)Math.Clamp(field.Start - at, 0, octets.Length);
            var end = (int)Math.Clamp(field.Start + field.Length - at, 0, octets.Length);
            if (end == start)
                continue;
            WriteLines(target, octets[..start]);
            at += end;
            octets = octets[end..];
        }

        WriteLines(target, octets);
    }

    /// <summary>The spool takes lines as they are sent.</summary>
    private static void WriteLines(PipeWriter target, ReadOnlySpan<byte> octets)
    {
        var span = target.GetSpan(Math.Max(1, octets.Length + octets.Count((byte)'\n')));
        var length = 0;
        foreach (var octet in octets)
        {
            if (octet == '\n')
                span[length++] = (byte)'\r';
            span[length++] = octet;
        }

        target.Advance(length);
    }
}
