namespace MailServer.Interop.Tests.CoEditing;

/// <summary>Compares, while nobody acts: the disk with the model, and a fresh session with the disk.</summary>
internal sealed class Checker(CoEditRun run)
{
    private const int Tries = 200;

    private readonly Dictionary<string, List<string>> _found = new(StringComparer.Ordinal);

    public async Task CheckAsync()
    {
        foreach (var folder in CoEditRun.Folders)
            await CheckFolderAsync(folder);
        foreach (var (mark, mail) in run.Model.Mails)
            CheckMail(mark, mail, _found.GetValueOrDefault(mark) ?? []);
    }

    /// <summary>What a session was told, command by command, is what a session that comes now is told.</summary>
    public static async Task AgreeAsync(CoEditRun run, WatchingSession session, string folder)
    {
        if (folder is not ("INBOX" or "Carried"))
            return;
        await using var fresh = await WatchingSession.OpenAsync(run.Server, folder);
        for (var tries = 0; tries < Tries && !session.View.SequenceEqual(fresh.View); tries++)
        {
            await Task.Delay(50);
            foreach (var each in new[] { session, fresh })
            {
                await each.CommandAsync("NOOP");
                await each.FillAsync();
            }
        }

        Assert.True(session.View.SequenceEqual(fresh.View), $"{folder}: told of {session.View.Count}, there are {fresh.View.Count}; "
            + $"first differences: {string.Join("; ", session.View.Except(fresh.View).Take(3))} | {string.Join("; ", fresh.View.Except(session.View).Take(3))}");
        run.Count("view compared");
    }

    private async Task CheckFolderAsync(string folder)
    {
        await using var session = await WatchingSession.OpenAsync(run.Server, folder);
        List<DiskFile> files = [];
        Dictionary<string, uint> uids = [];
        List<(uint, string)> onDisk = [];
        for (var tries = 0; tries < Tries; tries++)
        {
            files = run.Disk.Files(folder);
            uids = run.Disk.Uids(folder, out _);
            var names = run.Disk.Keywords(folder);
            onDisk = [.. files.Select(file => (uids.GetValueOrDefault(file.BaseName), FlagsOf(file.Letters, names))).Order()];
            if (session.View.SequenceEqual(onDisk))
                break;
            await Task.Delay(50);
            await session.CommandAsync("NOOP");
            await session.FillAsync();
        }

        Assert.True(session.View.SequenceEqual(onDisk), $"{folder}: a session sees {session.View.Count}, on disk are {onDisk.Count}; "
            + $"first differences: {string.Join("; ", session.View.Except(onDisk).Take(3))} | {string.Join("; ", onDisk.Except(session.View).Take(3))}");
        Assert.Equal(files.Count, files.DistinctBy(file => file.BaseName).Count());
        Assert.Equal(uids.Count, uids.Values.Distinct().Count());
        foreach (var (baseName, uid) in uids)
        {
            var key = (folder, session.UidValidity, baseName);
            Assert.True(run.Model.Given.TryAdd(key, uid) || run.Model.Given[key] == uid, $"{folder} {baseName}: UID {run.Model.Given[key]} has become {uid}");
        }

        Assert.InRange(run.Model.Given.Keys.Where(key => key.Folder == folder).Select(key => key.Validity).Distinct().Count(), 0, 1);
        foreach (var file in files)
            CheckFile(folder, file);
    }

    private void CheckFile(string folder, DiskFile file)
    {
        var mark = run.Marks.GetOrAdd(file.BaseName, _ => Disk.MarkOf(file) ?? "");
        Assert.True(run.Model.Mails.TryGetValue(mark, out var mail), $"{file.Path} is nobody's");
        if (!_found.TryGetValue(mark, out var places))
            _found[mark] = places = [];
        places.Add(folder);
        if (folder is "INBOX" or "Notes" or "Carried")
            foreach (var (letter, isSet) in mail.Letters)
                Assert.True(file.Letters.Contains(letter) == isSet, $"{mark}: {letter} should be {isSet}, {file.Path}");
    }

    private static void CheckMail(string mark, Mail mail, List<string> found)
    {
        if (mail.IsUncertain)
        {
            Assert.True(found.Count > 0 || mail.IsDoomed || !mail.IsThere, $"{mark} is lost");

            // What mbsync could not send yet stays in its own Maildir for the next time.
            var isWaiting = found.Count == 0 && mark.StartsWith("synced", StringComparison.Ordinal);
            (mail.Places, mail.IsUncertain, mail.IsThere) = ([.. found], isWaiting, found.Count > 0);
            return;
        }

        Assert.True(found.Order().SequenceEqual(mail.Places.Order()), $"{mark} should be in [{string.Join(' ', mail.Places)}], is in [{string.Join(' ', found)}]");
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
