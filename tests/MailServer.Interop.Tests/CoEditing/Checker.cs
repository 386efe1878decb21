namespace MailServer.Interop.Tests.CoEditing;

/// <summary>Compares, while nobody acts: the disk with the model, and sessions with the disk.</summary>
internal sealed class Checker(CoEditRun run)
{
    private const int Tries = 200;

    private readonly Dictionary<string, List<string>> _found = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Folder, uint Uid), (string Mark, DiskFile File)> _byUid = [];

    public async Task CheckAsync()
    {
        foreach (var folder in CoEditRun.Folders)
            await CheckFolderAsync(folder);
        foreach (var (mark, mail) in run.Model.Mails)
            CheckMail(mark, mail, _found.GetValueOrDefault(mark) ?? []);
        foreach (var promise in run.Model.Promises)
            CheckPromise(promise);
    }

    /// <summary>What a session was told, command by command, is what a session that comes now is told.</summary>
    public static async Task AgreeAsync(CoEditRun run, WatchingSession session, string folder)
    {
        if (!run.Truth.TryGetValue(folder, out var truth))
            return;
        for (var tries = 0; tries < Tries && !IsTrue(session, truth); tries++)
        {
            await Task.Delay(50);
            await session.CommandAsync("NOOP");
            await session.FillAsync();
        }

        // The next round of changes has begun where the session was long in coming: then it says nothing.
        if (!ReferenceEquals(truth, run.Truth.GetValueOrDefault(folder)))
            return;
        Assert.True(IsTrue(session, truth), $"{folder}: told of {session.View.Count}, there are {truth.Count}; "
            + $"first differences: {string.Join("; ", session.View.Except(truth).Take(3))} | {string.Join("; ", truth.Except(session.View).Where(message => !session.Gone.Contains(message.Uid)).Take(3))}");
        run.Count("view compared");
    }

    /// <summary>Whether a session sees what is there, but for those that it was told were gone and that are back.</summary>
    public static bool IsTrue(WatchingSession session, List<(uint Uid, string Flags)> truth) =>
        session.View.SequenceEqual(session.Gone.Count == 0 ? truth : truth.Where(message => !session.Gone.Contains(message.Uid)));

    private async Task CheckFolderAsync(string folder)
    {
        await using var session = await WatchingSession.OpenAsync(run.Server, folder);
        List<DiskFile> files = [];
        Dictionary<string, uint> uids = [];
        Dictionary<char, string> names = [];
        List<(uint, string)> onDisk = [];
        for (var tries = 0; tries < Tries; tries++)
        {
            files = run.Disk.Files(folder);
            uids = run.Disk.Uids(folder, out _);
            names = run.Disk.Keywords(folder);
            onDisk = [.. files.Select(file => (uids.GetValueOrDefault(file.BaseName), FlagsOf(file.Letters, names))).Order()];
            if (session.View.SequenceEqual(onDisk))
                break;
            await Task.Delay(50);
            await session.CommandAsync("NOOP");
            await session.FillAsync();
        }

        Assert.True(session.View.SequenceEqual(onDisk), $"{folder}: a session sees {session.View.Count}, on disk are {onDisk.Count}; "
            + $"first differences: {string.Join("; ", session.View.Except(onDisk).Take(3))} | {string.Join("; ", onDisk.Except(session.View).Take(3))}");
        run.Truth[folder] = [.. onDisk];
        Assert.Equal(files.Count, files.DistinctBy(file => file.BaseName).Count());
        Assert.Equal(uids.Count, uids.Values.Distinct().Count());
        foreach (var (baseName, uid) in uids)
        {
            var key = (folder, session.UidValidity, baseName);
            Assert.True(run.Model.Given.TryAdd(key, uid) || run.Model.Given[key] == uid, $"{folder} {baseName}: UID {run.Model.Given[key]} has become {uid}");
        }

        Assert.True(run.Validities.TryAdd(folder, session.UidValidity) || run.Validities[folder] == session.UidValidity, $"{folder}: UIDVALIDITY has become {session.UidValidity}");
        foreach (var file in files)
            CheckFile(folder, file, uids[file.BaseName], names);
    }

    private void CheckFile(string folder, DiskFile file, uint uid, Dictionary<char, string> names)
    {
        var mark = run.MarkOf(file) ?? "";
        Assert.True(run.Model.Mails.TryGetValue(mark, out var mail), $"{file.Path} is nobody's");
        if (!_found.TryGetValue(mark, out var places))
            _found[mark] = places = [];
        places.Add(folder);
        _byUid[(folder, uid)] = (mark, file);

        // What was moved has its flags there too; a copy has those of its moment, see CheckPromise.
        if (folder is not ("INBOX" or "Notes" or "Carried" or "Synced") && (mail.IsUncertain || mail.Places is not ["Copies"]))
            return;
        foreach (var (letter, isSet) in mail.Letters)
            if (letter != Mail.Keyword)
                Assert.True(file.Letters.Contains(letter) == isSet, $"{mark}: {letter} should be {isSet}, {file.Path}");

            else if (folder is "INBOX" or "Copies" && !mark.StartsWith("carried", StringComparison.Ordinal))
                Assert.True(HasKeyword(file, names) == isSet, $"{mark}: $Co should be {isSet}, {file.Path}");
    }

    private void CheckPromise(Promise promise)
    {
        Assert.Equal(run.Validities[promise.Folder], promise.Validity);
        Assert.True(_byUid.TryGetValue((promise.Folder, promise.Uid), out var found), $"{promise.Folder}: UID {promise.Uid}, promised to {promise.Mark}, is not there");
        Assert.True(found.Mark == promise.Mark, $"{promise.Folder}: UID {promise.Uid}, promised to {promise.Mark}, is {found.Mark}");
        if (promise.IsAnswered is { } isAnswered)
            Assert.True(found.File.Letters.Contains('R') == isAnswered && HasKeyword(found.File, run.Disk.Keywords(promise.Folder)) == isAnswered,
                $"{promise.Folder}: {promise.Mark} was copied {(isAnswered ? "with" : "without")} \\Answered $Co, {found.File.Path}");
    }

    private static bool HasKeyword(DiskFile file, Dictionary<char, string> names) => file.Letters.Any(letter => names.GetValueOrDefault(letter) == "$Co");

    private static void CheckMail(string mark, Mail mail, List<string> found)
    {
        if (mail.IsUncertain)
        {
            Assert.True(found.Count > 0 || mail.IsDoomed || !mail.IsThere, $"{mark} is lost");

            // What mbsync could not send yet stays in its own Maildir for the next time; mutt deletes what is there when it comes by, and so it
            // does with what a killed server has marked \Deleted and not expunged.
            var isWaiting = mark.StartsWith("muttgone", StringComparison.Ordinal) || (mark.StartsWith("erased", StringComparison.Ordinal) && mail.IsDoomed) || (mark.StartsWith("synced", StringComparison.Ordinal) && (found.Count == 0) != mail.IsDoomed);
            (mail.Places, mail.IsUncertain, mail.IsThere) = ([.. found], isWaiting, found.Count > 0);
            return;
        }

        Assert.True(found.Order().SequenceEqual(mail.Places.Order()), $"{mark} should be in [{string.Join(' ', mail.Places)}], is in [{string.Join(' ', found)}]{(mail.IsDoomed ? ", its owner wanted it gone" : "")}");
    }

    private static string FlagsOf(string letters, Dictionary<char, string> names) => WatchingSession.Sorted(letters.Select(letter => letter switch
    {
        'D' => @"\Draft",
        'F' => @"\Flagged",
        'R' => @"\Answered",
        'S' => @"\Seen",
        'T' => @"\Deleted",
        _ => names.GetValueOrDefault(letter) ?? "",
    }).Where(name => name.Length > 0));
}
