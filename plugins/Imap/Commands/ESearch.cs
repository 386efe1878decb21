using System.Buffers;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>The ESEARCH response (RFC 4731 §3.1): what RETURN asked for. Of a SORT, MIN is the first in its order (RFC 5267 §3.1).</summary>
internal static class ESearch
{
    /// <summary>
    /// <c>* ESEARCH (TAG "tag" [MAILBOX name UIDVALIDITY n]) [UID] [MIN n] [MAX n] [COUNT n] [ALL set] [PARTIAL (range set)] [RELEVANCY (scores)] [MODSEQ n]</c>.
    /// </summary>
    public static async ValueTask WriteAsync(ImapSession session, IFolderView view, IReadOnlyList<int> found, ImapRequest.Search request, Relevancy? scores)
    {
        var (results, partial) = (request.Return!.Results, request.Return.Partial);

        // SAVE alone has no answer (RFC 5182 §2.1).
        if (results == SearchResults.Save && partial is null)
            return;
        uint NumberOf(int sequence) => request.IsUid ? view.UidAt(sequence) : (uint)sequence;
        WriteStart(session, view, found, request, NumberOf);
        if (results.HasFlag(SearchResults.All) && found.Count > 0)
        {
            session.Output.Pipe.Write(" ALL "u8);
            await session.Output.WriteRangesAsync(NumberRanges.Of(found.Select(NumberOf))).ConfigureAwait(false);
        }

        if (partial is { } page)
            await WritePageAsync(session, page, found, NumberOf).ConfigureAwait(false);
        if (scores is not null && results.HasFlag(SearchResults.Relevancy))
            await WriteScoresAsync(session, found, partial, scores).ConfigureAwait(false);
        WriteEnd(session, request.HasModSeq && found.Count > 0 ? (long)ShownOf(results, partial, found).Max(view.ModSeqAt) : null);
    }

    private static void WriteStart(ImapSession session, IFolderView view, IReadOnlyList<int> found, ImapRequest.Search request, Func<int, uint> numberOf)
    {
        var results = request.Return!.Results;
        var writer = session.Output.Begin();
        writer.Raw("* ESEARCH (TAG "u8);
        writer.Text(request.Tag.Span);

        // RFC 7377 §2.1.
        if (request.Source is not null)
        {
            writer.Raw(" MAILBOX "u8);
            FolderNames.Write(ref writer, session, view.Folder);
            writer.Raw(" UIDVALIDITY "u8);
            writer.Number(view.UidValidity);
        }

        writer.Raw(request.IsUid ? ") UID"u8 : ")"u8);
        if (results.HasFlag(SearchResults.Min) && found.Count > 0)
        {
            writer.Raw(" MIN "u8);
            writer.Number(numberOf(found[0]));
        }

        if (results.HasFlag(SearchResults.Max) && found.Count > 0)
        {
            writer.Raw(" MAX "u8);
            writer.Number(numberOf(found[^1]));
        }

        if (results.HasFlag(SearchResults.Count))
        {
            writer.Raw(" COUNT "u8);
            writer.Number(found.Count);
        }

        writer.Commit();
    }

    // RFC 9394 §3.1: the range as it was asked for, and NIL where the page is empty.
    private static async ValueTask WritePageAsync(ImapSession session, ResultRange page, IReadOnlyList<int> found, Func<int, uint> numberOf)
    {
        var (start, end) = page.Within(found.Count);
        var sign = page.FromEnd ? "-" : "";
        var writer = session.Output.Begin();
        writer.Ascii($" PARTIAL ({sign}{page.First}:{sign}{page.Last} ");
        if (start == end)
            writer.Raw("NIL"u8);
        writer.Commit();
        await session.Output.WriteRangesAsync(NumberRanges.Of(found.Take(start..end).Select(numberOf))).ConfigureAwait(false);
        session.Output.Pipe.Write(")"u8);
    }

    // RFC 6203 §4: in the order of the results that are shown.
    private static async ValueTask WriteScoresAsync(ImapSession session, IReadOnlyList<int> found, ResultRange? partial, Relevancy scores)
    {
        const int Piece = 1_000;
        var (start, end) = partial?.Within(found.Count) ?? (0, found.Count);
        session.Output.Pipe.Write(" RELEVANCY ("u8);
        for (var i = start; i < end; i += Piece)
        {
            WriteScores(session, found, i, Math.Min(end, i + Piece), isFirst: i == start, scores);
            await session.Output.FlushIfEnoughAsync().ConfigureAwait(false);
        }

        session.Output.Pipe.Write(")"u8);
    }

    private static void WriteScores(ImapSession session, IReadOnlyList<int> found, int start, int end, bool isFirst, Relevancy scores)
    {
        var writer = session.Output.Begin();
        for (var i = start; i < end; i++)
        {
            if (!isFirst || i > start)
                writer.Raw(' ');
            writer.Number(scores.Of(found[i]));
        }

        writer.Commit();
    }

    private static void WriteEnd(ImapSession session, long? modSeq)
    {
        var writer = session.Output.Begin();
        if (modSeq is { } highest)
        {
            writer.Raw(" MODSEQ "u8);
            writer.Number(highest);
        }

        writer.EndLine();
        writer.Commit();
    }

    // RFC 4731 §3.2: with MIN and MAX alone, the MODSEQ of those messages; else of all.
    private static IEnumerable<int> ShownOf(SearchResults results, ResultRange? partial, IReadOnlyList<int> found)
    {
        const SearchResults NotShown = SearchResults.Save | SearchResults.Update | SearchResults.Context | SearchResults.Relevancy;
        var ends = results & ~NotShown;
        return partial is not null ? found : ends switch
        {
            SearchResults.Min => [found[0]],
            SearchResults.Max => [found[^1]],
            SearchResults.Min | SearchResults.Max => [found[0], found[^1]],
            _ => found,
        };
    }
}
