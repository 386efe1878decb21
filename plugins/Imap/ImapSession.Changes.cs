using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <content>What has changed in the open folder.</content>
internal sealed partial class ImapSession
{
    /// <summary>Tells what happened to the open folder since the last time (RFC 3501 §7: EXPUNGE, EXISTS, RECENT, FETCH).</summary>
    /// <param name="mayExpunge">Whether sequence numbers may shift now.</param>
    public async ValueTask AnnounceAsync(bool mayExpunge)
    {
        if (View is not { } view)
            return;
        if (view.HasChanges)
        {
            var outcome = await view.RefreshAsync(mayExpunge, HardStop).ConfigureAwait(false);
            if (!outcome.TryGet(out var changes, out var problem))
            {
                Log.FolderProblem(services.Logger, connection.Info.Id, view.Folder, problem.Text);

                // RFC 2180 §3.3: when the folder itself has gone, nothing true can be said about it any more.
                if (problem.Reason == ProblemReason.NotFound)
                    Goodbye = "The selected mailbox is gone";
                return;
            }

            AnnounceExpunged(changes.Expunged);
            if (changes.HasNew)
            {
                Output.Untagged(view.Count, "EXISTS"u8);
                Output.Untagged(view.RecentCount, "RECENT"u8);
            }

            AnnounceKeywords(view);
            foreach (var sequence in changes.FlagsChanged)
            {
                WriteFlags(view, sequence);
                await Output.FlushIfEnoughAsync().ConfigureAwait(false);
            }
        }

        AnnounceKeywords(view);
    }

    public void AnnounceExpunged(Expunged expunged)
    {
        foreach (var sequence in expunged.Sequences)
            Output.Untagged(sequence, "EXPUNGE"u8);
    }

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

    /// <summary><c>* n FETCH (UID u FLAGS (...))</c>: with the UID, so that it fits the answers of UID commands too (RFC 3501 §6.4.8).</summary>
    public void WriteFlags(IFolderView view, int sequence)
    {
        var flags = view.FlagsAt(sequence);
        var writer = Output.Begin();
        writer.Raw("* "u8);
        writer.Number(sequence);
        writer.Raw(" FETCH (UID "u8);
        writer.Number(view.UidAt(sequence));
        writer.Raw(" FLAGS "u8);
        writer.Flags((FlagBits)flags.System, flags.Keywords, view.IsRecent(sequence));
        writer.Raw(")\r\n"u8);
        writer.Commit();
    }
}
