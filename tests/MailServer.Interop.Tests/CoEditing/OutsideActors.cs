using System.Diagnostics;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>Programs that know no server: they link, rename and remove files.</summary>
internal sealed class OutsideActors(CoEditRun run)
{
    private static int _names;

    private List<DiskFile> _inbox = [];

    public static string NewName(Random random) => $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}.o{Interlocked.Increment(ref _names)}r{random.Next()}.x";

    /// <summary>Flags and unflags: a rename from the name it knows, which fails when somebody else was quicker.</summary>
    public Task RenameAsync(Random random)
    {
        _inbox = _inbox.Count == 0 || random.Next(20) == 0 ? run.Disk.Files("INBOX") : _inbox;
        for (var i = 0; i < 5 && _inbox.Count > 0; i++)
        {
            var at = random.Next(_inbox.Count);
            var file = _inbox[at];
            if (Disk.MarkOf(file) is not { } mark || !run.Model.Mails.TryGetValue(mark, out var mail) || mark.StartsWith("mutt", StringComparison.Ordinal))
                continue;
            var letter = file.Letters.Length > 0 && random.Next(3) == 0 ? 'S' : 'F';
            lock (mail)
            {
                var isSet = !file.Letters.Contains(letter);
                var letters = string.Concat((isSet ? file.Letters + letter : file.Letters.Replace(letter.ToString(), "", StringComparison.Ordinal)).Order());
                var renamed = new DiskFile(Path.Combine(run.Disk.Of("INBOX"), "cur", $"{file.BaseName}:2,{letters}"), file.BaseName, letters);
                if (letter == 'F')
                {
                    run.Model.Made.TryRemove((file.BaseName, !isSet), out _);
                    run.Model.Made[(file.BaseName, isSet)] = Stopwatch.GetTimestamp();
                }

                if (!Disk.TryRename(file.Path, renamed.Path))
                {
                    run.Model.Made.TryRemove((file.BaseName, isSet), out _);
                    run.Count("rename lost");
                    continue;
                }

                mail.Letters[letter] = isSet;
                _inbox[at] = renamed;
                run.Count("rename");
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Delivers into <c>new</c>, into <c>new</c> with flags, and into <c>cur</c>.</summary>
    public Task DeliverAsync(Random random)
    {
        var herd = new[] { "still", "carried", "doomed", "moved", "mutt", "popped" }[random.Next(6)];
        var (mark, mail) = run.Model.New(herd);
        var name = NewName(random);
        var draft = Path.Combine(run.Disk.Of("INBOX"), "tmp", name);
        File.WriteAllText(draft, Model.Text(mark));
        var target = random.Next(3) switch { 0 => "new/" + name, 1 => $"new/{name}:2,S", _ => $"cur/{name}:2,F" };
        lock (mail)
        {
            Assert.True(Disk.TryRename(draft, Path.Combine(run.Disk.Of("INBOX"), target)));
            (mail.Places, mail.IsThere) = (["INBOX"], true);
            mail.Letters['S'] = target.EndsWith('S');
            mail.Letters['F'] = target.EndsWith('F');
        }

        run.Count("deliver");
        return Task.CompletedTask;
    }

    /// <summary>Moves files between folders, with the name they have or another.</summary>
    public Task CarryAsync(Random random)
    {
        var (from, to) = random.Next(2) == 0 ? ("INBOX", "Carried") : ("Carried", "INBOX");
        if (One(random, from, "carried-") is not var (file, mail))
            return Task.CompletedTask;

        // Back under a new name: a session that heard of the EXPUNGE cannot be shown the old UID again (RFC 9051 §2.3.1.1).
        var baseName = to != "INBOX" && random.Next(2) == 0 ? file.BaseName : NewName(random) + ",U=" + random.Next(1, 1000);
        lock (mail)
            if (Disk.TryRename(file.Path, Path.Combine(run.Disk.Of(to), "cur", $"{baseName}:2,{file.Letters}")))
            {
                mail.Places = [to];
                run.Count("carry");
            }

        return Task.CompletedTask;
    }

    public Task RemoveAsync(Random random)
    {
        if (One(random, "INBOX", "doomed-") is not var (file, mail))
            return Task.CompletedTask;
        lock (mail)
            if (Disk.TryRemove(file.Path))
            {
                (mail.Places, mail.IsDoomed) = ([], true);
                run.Count("remove");
            }

        return Task.CompletedTask;
    }

    /// <summary>Two messages under one base name: both must stay.</summary>
    public Task DoubleAsync(Random random)
    {
        var name = NewName(random);
        foreach (var letters in new[] { "", "S" })
            File.WriteAllText(Path.Combine(run.Disk.Of("Doubled"), "cur", $"{name}:2,{letters}"), Model.Text(run.Model.New("doubled", "Doubled").Mark));
        run.Count("double");
        return Task.CompletedTask;
    }

    /// <summary>Makes a folder, with mail in it, and takes it away again.</summary>
    public Task FolderAsync(Random random)
    {
        run.Disk.Make("Passing");
        File.WriteAllText(Path.Combine(run.Disk.Of("Passing"), "new", NewName(random)), Model.Text("passing-0"));
        if (random.Next(2) == 0)
            try
            {
                Directory.Delete(run.Disk.Of("Passing"), recursive: true);
            }
            catch (IOException)
            {
                // The server has put a file there meanwhile: another time.
            }

        run.Count("folder");
        return Task.CompletedTask;
    }

    private (DiskFile File, Mail Mail)? One(Random random, string folder, string herd)
    {
        var files = run.Disk.Files(folder);
        for (var tries = 0; tries < 30 && files.Count > 0; tries++)
            if (files[random.Next(files.Count)] is var file && Disk.MarkOf(file) is { } mark && mark.StartsWith(herd, StringComparison.Ordinal))
                return (file, run.Model.Mails[mark]);
        return null;
    }
}
