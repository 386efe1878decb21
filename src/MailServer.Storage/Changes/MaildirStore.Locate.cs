namespace MailServer.Storage;

/// <summary>Finds single messages.</summary>
public sealed partial class MaildirStore
{
    /// <summary>Where messages are now, by their base names, in whatever folders.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="baseNames">Their base names.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<Outcome<IReadOnlyList<LocatedMessage>>> LocateAsync(User user, IReadOnlyCollection<string> baseNames, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(baseNames);
        List<LocatedMessage> found = [];
        var files = MaildirFiles.List(MaildirOf(user), Layout, null).FindAll(file => baseNames.Contains(file.BaseName));
        foreach (var group in files.GroupBy(file => file.Folder))
        {
            var opened = await OpenAsync(user, group.Key, cancellationToken).ConfigureAwait(false);
            if (!opened.TryGet(out var view, out var problem))
                return problem;
            await using (view.ConfigureAwait(false))
                foreach (var file in group)
                    for (var sequence = 1; sequence <= view.Count; sequence++)
                        if (((FolderView)view).BaseNameAt(sequence) == file.BaseName)
                            found.Add(new(file, view.UidAt(sequence), FlagText.Write(view.FlagsAt(sequence))));
        }

        return found;
    }

    /// <summary>The base name of the message with a UID; null when there is none.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="uid">The UID.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<Outcome<string>> NameOfAsync(User user, FolderName folder, uint uid, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(user, folder, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var view, out var problem))
            return problem;
        await using (view.ConfigureAwait(false))
            return view.SequenceOf(uid) is > 0 and var sequence ? ((FolderView)view).BaseNameAt(sequence) : FolderProblem.Expunged;
    }

    private async ValueTask<Outcome<IFolderView>> OpenAsync(User user, FolderName folder, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(user, new Author { Kind = "command" }, cancellationToken).ConfigureAwait(false);
        return opened.TryGet(out var account, out var problem)
            ? await account.OpenFolderAsync(folder, FolderAccess.ReadOnly, null, cancellationToken).ConfigureAwait(false)
            : problem;
    }
}

/// <summary>A message, where it is now.</summary>
/// <param name="File">Its file.</param>
/// <param name="Uid">Its UID.</param>
/// <param name="Flags">Its flags and keywords, as IMAP writes them.</param>
public sealed record LocatedMessage(MessageFile File, uint Uid, string Flags);
