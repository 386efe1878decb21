using System.Buffers;
using System.Text;

namespace MailServer.Plugins.Relay;

/// <summary>What a server must be able to take, found by one reading of the file, which is in memory anyhow when it is sent next.</summary>
/// <param name="IsEightBit">Whether an octet is above 127 (RFC 6152 §2).</param>
/// <param name="HasUtf8Header">Whether one of the header is (RFC 6532 §3).</param>
internal readonly record struct MessageFacts(bool IsEightBit, bool HasUtf8Header)
{
    /// <exception cref="RelayException">The file cannot be read.</exception>
    public static async ValueTask<MessageFacts> OfAsync(IOutgoingMessage message, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var file = message.OpenRead();
            await using (file.ConfigureAwait(false))
            {
                var (isEightBit, hasUtf8Header, isHeader, matched) = (false, false, true, 0);
                while (await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
                {
                    var octets = buffer.AsSpan(0, count);
                    if (isHeader)
                    {
                        var end = EndOfHeader(octets, ref matched);
                        isHeader = end < 0;
                        hasUtf8Header |= !Ascii.IsValid(end < 0 ? octets : octets[..end]);
                    }

                    isEightBit |= !Ascii.IsValid(octets);
                    if (isEightBit && !isHeader)
                        break;
                }

                return new(isEightBit, hasUtf8Header);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RelayException(Problem.Unavailable, null, e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // CRLF CRLF, also over two pieces.
    private static int EndOfHeader(ReadOnlySpan<byte> octets, ref int matched)
    {
        for (var i = 0; i < octets.Length; i++)
        {
            matched = octets[i] == "\r\n\r\n"u8[matched] ? matched + 1 : octets[i] == '\r' ? 1 : 0;
            if (matched == 4)
                return i + 1;
        }

        return -1;
    }
}
