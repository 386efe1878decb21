using System.Buffers;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>VANISHED (RFC 7162 §3.2.10).</summary>
internal static class VanishedResponse
{
    /// <summary><c>* VANISHED [(EARLIER)] known-uids</c>; nothing without UIDs.</summary>
    public static async ValueTask WriteAsync(ImapOutput output, IReadOnlyList<SequenceRange> uids, bool isEarlier)
    {
        if (uids.Count == 0)
            return;
        output.Pipe.Write(isEarlier ? "* VANISHED (EARLIER) "u8 : "* VANISHED "u8);
        await output.WriteRangesAsync(uids).ConfigureAwait(false);
        output.Pipe.Write("\r\n"u8);
    }

    /// <summary>Which of some UIDs were expunged since a MODSEQ (RFC 7162 §3.2.6).</summary>
    /// <param name="output">Where to.</param>
    /// <param name="view">The folder.</param>
    /// <param name="since">The MODSEQ.</param>
    /// <param name="among">The UIDs; null for all.</param>
    /// <param name="known">Up to this UID the client knows them.</param>
    public static ValueTask WriteEarlierAsync(ImapOutput output, IFolderView view, ulong since, IReadOnlyList<SequenceRange>? among, uint known)
    {
        // * is the last UID there ever was: what stood behind the last message may be what has vanished.
        var last = Math.Max(view.UidNext, 1) - 1;
        IReadOnlyList<SequenceRange> wanted = among is null ? [new(1, last)] : [.. among.Select(range => range.Resolve(last))];
        if (known > 0)
            wanted = [.. wanted.Where(range => range.Last > known).Select(range => new SequenceRange(Math.Max(range.First, known + 1), range.Last))];
        return WriteAsync(output, NumberRanges.Among(view.VanishedSince(since), wanted), isEarlier: true);
    }
}
