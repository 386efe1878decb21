using MailServer.Plugins.Imap.Commands;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <content>What has changed in the open folder.</content>
internal sealed partial class ImapSession
{
    private ulong _toldModSeq;
    private bool _isBehind;

    /// <summary>Tells what happened to the open folder since the last time (RFC 3501 §7: EXPUNGE, EXISTS, RECENT, FETCH).</summary>
    /// <param name="mayExpunge">Whether sequence numbers may shift now.</param>
    public async ValueTask AnnounceAsync(bool mayExpunge)
    {
        if (View is not { } view)
            return;
        if (view.HasChanges)
        {
            var count = view.Count;
            var outcome = await view.RefreshAsync(mayExpunge, HardStop).ConfigureAwait(false);
            if (!outcome.TryGet(out var changes, out var problem))
            {
                Log.FolderProblem(services.Logger, connection.Info.Id, view.Folder, problem.Text);

                // RFC 2180 §3.3: when the folder itself has gone, nothing true can be said about it any more.
                if (problem.Reason == ProblemReason.NotFound)
                    Goodbye = "The selected mailbox is gone";
                return;
            }

            await AnnounceExpungedAsync(changes.Expunged).ConfigureAwait(false);
            if (changes.HasNew)
            {
                Output.Untagged(view.Count, "EXISTS"u8);
                AnnounceRecent(view);
            }

            AnnounceKeywords(view);
            foreach (var sequence in changes.FlagsChanged)
            {
                WriteFlags(view, sequence);
                await Output.FlushIfEnoughAsync().ConfigureAwait(false);
            }

            // What is new stands at the end.
            var old = count - changes.Expunged.Uids.Count;
            IEnumerable<int> come = Enumerable.Range(old + 1, Math.Max(0, view.Count - old));
            await Contexts.UpdateAsync(this, view, [.. changes.FlagsChanged, .. come], HardStop).ConfigureAwait(false);
        }

        AnnounceKeywords(view);
        AnnounceModSeq(view);
    }

    /// <summary>RECENT, which IMAP4rev2 does not have any more (RFC 9051 Appendix E).</summary>
    public void AnnounceRecent(IFolderView view)
    {
        if (!Features.HasFlag(ImapFeatures.Rev2))
            Output.Untagged(view.RecentCount, "RECENT"u8);
    }

    /// <summary>EXPUNGE for each message, or one VANISHED for all (RFC 7162 §3.2.10).</summary>
    public async ValueTask AnnounceExpungedAsync(Expunged expunged)
    {
        await Contexts.RemoveAsync(this, expunged).ConfigureAwait(false);
        if (expunged.Uids.Count > 0 && TellsVanished)
        {
            await VanishedResponse.WriteAsync(Output, NumberRanges.Of(expunged.Uids), isEarlier: false).ConfigureAwait(false);
            return;
        }

        foreach (var sequence in expunged.Sequences)
            Output.Untagged(sequence, "EXPUNGE"u8);
    }

    /// <summary>The folder's MODSEQ as far as the client has been told everything: the response code HIGHESTMODSEQ.</summary>
    public string HighestModSeq => $"HIGHESTMODSEQ {Math.Max(1, _toldModSeq)}";

    /// <summary>A client that asks for MODSEQ once gets it in every FETCH response from then on (RFC 7162 §3.1).</summary>
    public void EnableCondStore()
    {
        if (Features.HasFlag(ImapFeatures.CondStore))
            return;
        Features |= ImapFeatures.CondStore;
        if (View is not null)
            Output.Untagged($"OK [{HighestModSeq}] Highest");
    }

    /// <summary>Begins to count what the client of a folder just opened is told.</summary>
    public void StartModSeq(IFolderView view) => (_toldModSeq, _isBehind) = (view.HighestModSeq, false);

    // While EXPUNGE has to wait, a later change may be told already: a client that goes then must not believe that it knows all
    // (RFC 7162 §6).
    private void AnnounceModSeq(IFolderView view)
    {
        var wasBehind = _isBehind;
        _isBehind = view.HasChanges;
        if (!_isBehind)
            _toldModSeq = view.HighestModSeq;
        if ((_isBehind || wasBehind) && Features.HasFlag(ImapFeatures.QResync))
            Output.Untagged($"OK [{HighestModSeq}] {(_isBehind ? "More is to come" : "That was all")}");
    }

    /// <summary>Whether the client sees a message as <c>\Recent</c>.</summary>
    public bool IsShownRecent(IFolderView view, int sequence) => !Features.HasFlag(ImapFeatures.Rev2) && view.IsRecent(sequence);

    /// <summary>Tells the folder's flags when there are more than the client knows (RFC 3501 §7.2.6).</summary>
    public void AnnounceKeywords(IFolderView view)
    {
        if (view.Keywords.Count == AnnouncedKeywords)
            return;
        AnnouncedKeywords = view.Keywords.Count;
        const FlagBits All = FlagBits.Answered | FlagBits.Flagged | FlagBits.Deleted | FlagBits.Seen | FlagBits.Draft;
        var writer = Output.Begin();
        writer.Raw("* FLAGS "u8);
        writer.Flags(All, view.Keywords, isRecent: false);
        writer.Raw("\r\n* OK [PERMANENTFLAGS "u8);
        if (view.Access == FolderAccess.ReadOnly)
            writer.Raw("()"u8);
        else
            writer.Flags(All, [.. view.Keywords, "\\*"], isRecent: false);
        writer.Raw("] Flags\r\n"u8);
        writer.Commit();
    }

    /// <summary>
    /// <c>* n FETCH (UID u FLAGS (...))</c>: with the UID, so that it fits the answers of UID commands too (RFC 3501 §6.4.8), and with MODSEQ for
    /// those who asked for it once (RFC 7162 §3.2.4).
    /// </summary>
    /// <param name="view">The folder.</param>
    /// <param name="sequence">Which message.</param>
    /// <param name="withFlags">Whether the flags are told; else MODSEQ alone.</param>
    public void WriteFlags(IFolderView view, int sequence, bool withFlags = true)
    {
        var flags = view.FlagsAt(sequence);
        var writer = Output.Begin();
        var isUidOnly = Features.HasFlag(ImapFeatures.UidOnly);
        FetchWriter.Start(ref writer, Features, view, sequence);
        if (!isUidOnly)
        {
            writer.Raw("UID "u8);
            writer.Number(view.UidAt(sequence));
        }

        if (withFlags)
        {
            writer.Raw(isUidOnly ? "FLAGS "u8 : " FLAGS "u8);
            writer.Flags((FlagBits)flags.System, flags.Keywords, IsShownRecent(view, sequence));
        }

        if (Features.HasFlag(ImapFeatures.CondStore))
        {
            writer.Raw(isUidOnly && !withFlags ? "MODSEQ ("u8 : " MODSEQ ("u8);
            writer.Number((long)view.ModSeqAt(sequence));
            writer.Raw(')');
        }

        writer.Raw(")\r\n"u8);
        writer.Commit();
    }
}
