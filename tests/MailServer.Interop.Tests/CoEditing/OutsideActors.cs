using System.Collections.Concurrent;
using System.Diagnostics;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>Programs that know no server: they link, rename and remove files.</summary>
internal sealed class OutsideActors(CoEditRun run)
{
    /// <summary>By then all sessions have been told of a change, or its wait has been counted.</summary>
    private static readonly TimeSpan Untold = TimeSpan.FromSeconds(10);

    private static int _names;

    private readonly ConcurrentDictionary<string, long> _flagged = new(StringComparer.Ordinal);

    public static string NewName(Random random) => $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}.o{Interlocked.Increment(ref _names)}r{random.Next()}.x";

    /// <summary>An actor that flags and unflags: renames from names that it knows, which fail when somebody else was quicker.</summary>
    public Func<Random, Task> NewRenamer()
    {
        List<DiskFile> files = [];
        return random =>
        {
            files = files.Count == 0 || random.Next(20) == 0 ? run.Disk.Files("INBOX") : files;
            for (var i = 0; i < 5 && files.Count > 0; i++)
            {
                var at = random.Next(files.Count);
                files[at] = Rename(files[at], random);

                // Twice or thrice within one tick of the file system's clock.
                for (var again = random.Next(6); again is 1 or 2; again--)
                    files[at] = Rename(files[at], random);
            }

            return Task.CompletedTask;
        };
    }

    private DiskFile Rename(DiskFile file, Random random)
    {
        if (run.MarkOf(file) is not { } mark || !run.Model.Mails.TryGetValue(mark, out var mail) || mark.StartsWith("mutt", StringComparison.Ordinal))
            return file;
        var letter = random.Next(3) == 0 ? 'S' : 'F';
        var isSet = !file.Letters.Contains(letter);
        var letters = string.Concat((isSet ? file.Letters + letter : file.Letters.Replace(letter.ToString(), "", StringComparison.Ordinal)).Order());
        var renamed = new DiskFile(Path.Combine(run.Disk.Of("INBOX"), "cur", $"{file.BaseName}:2,{letters}"), file.BaseName, letters);
        lock (mail)
        {
            var (what, opposite) = isSet ? ("FETCH+", "FETCH-") : ("FETCH-", "FETCH+");
            if (letter == 'F')
            {
                // What is undone before it was told need not be told.
                var isCalm = !_flagged.TryGetValue(file.BaseName, out var last) || Stopwatch.GetElapsedTime(last) > Untold;
                _flagged[file.BaseName] = Stopwatch.GetTimestamp();
                run.Latency.NotMade("INBOX", opposite, file.BaseName);
                if (isCalm)
                    run.Latency.Made("INBOX", what, file.BaseName);
            }

            if (!Disk.TryRename(file.Path, renamed.Path))
            {
                run.Latency.NotMade("INBOX", what, file.BaseName);
                run.Count("rename lost");
                return file;
            }

            mail.Letters[letter] = isSet;
        }

        run.Count("rename");
        return renamed;
    }

    /// <summary>Delivers into <c>new</c>, into <c>new</c> with flags, and into <c>cur</c>.</summary>
    public Task DeliverAsync(Random random)
    {
        string[] herds = ["still", "carried", "doomed", "erased", "moved", "mutt", "muttgone", "popped"];
        var (mark, mail) = run.Model.New(herds[random.Next(herds.Length)]);
        var name = NewName(random);
        var draft = Path.Combine(run.Disk.Of("INBOX"), "tmp", name);
        File.WriteAllText(draft, Model.Text(mark));
        var target = random.Next(3) switch { 0 => "new/" + name, 1 => $"new/{name}:2,S", _ => $"cur/{name}:2,F" };
        lock (mail)
        {
            run.Latency.Made("INBOX", "EXISTS", name);
            Assert.True(Disk.TryRename(draft, Path.Combine(run.Disk.Of("INBOX"), target)));
            (mail.Places, mail.IsThere) = (["INBOX"], true);
            mail.IsUncertain = mail.IsDoomed = mark.StartsWith("muttgone", StringComparison.Ordinal);
            mail.Letters['S'] = target.EndsWith('S');
            mail.Letters['F'] = target.EndsWith('F');
        }

        run.Count("deliver");
        return Task.CompletedTask;
    }

    /// <summary>Moves files between folders and back, with the name they have, and so with the UIDs they had there, or with another.</summary>
    public Task CarryAsync(Random random)
    {
        var (from, to) = random.Next(2) == 0 ? ("INBOX", "Carried") : ("Carried", "INBOX");
        if (One(random, from, "carried-") is not var (file, mail))
            return Task.CompletedTask;
        var keeps = random.Next(2) == 0;
        var baseName = keeps ? file.BaseName : NewName(random) + ",U=" + random.Next(1, 1000);
        lock (mail)
        {
            run.Latency.NotMade(from, "EXISTS", file.BaseName); // who was not told that it came need not be
            run.Latency.Made(from, "EXPUNGE", file.BaseName);
            if (!keeps)
                run.Latency.Made(to, "EXISTS", baseName);
            if (Disk.TryRename(file.Path, Path.Combine(run.Disk.Of(to), "cur", $"{baseName}:2,{file.Letters}")))
            {
                run.Latency.NotMade(to, "EXPUNGE", baseName);
                mail.Places = [to];
                run.Count(keeps ? "carry" : "carry anew");
            }
            else
            {
                run.Latency.NotMade(from, "EXPUNGE", file.BaseName);
                run.Latency.NotMade(to, "EXISTS", baseName);
            }
        }

        return Task.CompletedTask;
    }

    public Task RemoveAsync(Random random)
    {
        if (One(random, "INBOX", "doomed-") is not var (file, mail))
            return Task.CompletedTask;
        lock (mail)
        {
            run.Latency.Made("INBOX", "EXPUNGE", file.BaseName);
            if (Disk.TryRemove(file.Path))
            {
                (mail.Places, mail.IsDoomed) = ([], true);
                run.Count("remove");
            }
            else
                run.Latency.NotMade("INBOX", "EXPUNGE", file.BaseName);
        }

        return Task.CompletedTask;
    }

    /// <summary>Two messages under one base name, both at once or the second beside one that is known: both must stay, the known one with its UID.</summary>
    public Task DoubleAsync(Random random)
    {
        var cur = Path.Combine(run.Disk.Of("Doubled"), "cur");
        var known = random.Next(2) == 0 ? run.Disk.Files("Doubled").Where(file => run.Model.Given.ContainsKey(("Doubled", run.Validity("Doubled"), file.BaseName))).ToList() : [];
        if (known.Count > 0)
        {
            var beside = known[random.Next(known.Count)];
            var path = Path.Combine(cur, $"{beside.BaseName}:2,{(beside.Letters == "R" ? "F" : "R")}");
            if (!File.Exists(path))
                File.WriteAllText(path, Model.Text(run.Model.New("doubled", "Doubled").Mark));
            run.Count("double of known");
            return Task.CompletedTask;
        }

        var name = NewName(random);
        foreach (var letters in new[] { "", "S" })
            File.WriteAllText(Path.Combine(cur, $"{name}:2,{letters}"), Model.Text(run.Model.New("doubled", "Doubled").Mark));
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
        for (var tries = 0; tries < 100 && files.Count > 0; tries++)
            if (files[random.Next(files.Count)] is var file && run.MarkOf(file) is { } mark && mark.StartsWith(herd, StringComparison.Ordinal))
                return (file, run.Model.Mails[mark]);
        return null;
    }
}
