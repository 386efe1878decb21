namespace MailServer.Interop.Tests.CoEditing;

/// <summary>Debian's programs on the same Maildir.</summary>
internal sealed class ToolActors(CoEditRun run)
{
    private readonly HashSet<string> _synced = new(StringComparer.Ordinal);
    private readonly Dictionary<Mail, bool> _flagged = [];
    private bool _isNotmuchReady;

    public Task ProcmailAsync(Random random) => PipeAsync("procmail", $"DEFAULT={run.Disk.Root}/", "DEFAULT", ["-m"]);

    public Task MaildropAsync(Random random) => PipeAsync("maildrop", $"to \"{run.Disk.Root}\"\n", "to", []);

    /// <summary>Tags, and lets notmuch write the tags into the names.</summary>
    public async Task NotmuchAsync(Random random)
    {
        var config = run.Server.File("notmuch-config");
        if (!_isNotmuchReady)
        {
            var database = Directory.CreateDirectory(run.Server.File("notmuch")).FullName;
            await File.WriteAllTextAsync(config, $"""
                [database]
                path={database}
                mail_root={run.Disk.Of("Notes")}
                [user]
                name=A
                primary_email=alice@example.org
                [new]
                tags=unread
                [maildir]
                synchronize_flags=true

                """);
            _isNotmuchReady = true;
        }

        var (mark, tag) = ($"note-{run.Model.Mails.Keys.Where(key => key.StartsWith("note-", StringComparison.Ordinal)).ElementAt(random.Next(100))[5..]}", random.Next(2) == 0);
        await ToolAsync("notmuch", $"--config={config}", "new", "--quiet");
        await ToolAsync("notmuch", $"--config={config}", "tag", tag ? "+flagged" : "-flagged", tag ? "-unread" : "+unread", "--", $"id:{mark}@coedit.example");
        if (run.Disk.Files("Notes").Find(file => Disk.MarkOf(file) == mark) is { } file && file.Letters.Contains('F') == tag)
            run.Model.Mails[mark].Letters['F'] = run.Model.Mails[mark].Letters['S'] = tag;
        run.Count("notmuch");
    }

    /// <summary>
    /// Flags or unflags all messages of its own in the large folder, and deletes others; a message that was renamed under it is for the next time.
    /// </summary>
    public async Task MuttAsync(Random random)
    {
        var settings = run.Server.File("coedit-muttrc");
        await File.WriteAllTextAsync(settings, "set quit=yes delete=yes mark_old=no wait_key=no move=no read_inc=0 header_cache=\"\" sort=mailbox-order mbox_type=Maildir\n");
        var flag = random.Next(2) == 0 ? "set-flag" : "clear-flag";
        var keys = $"<tag-pattern>~s mutt-<enter><tag-prefix-cond><{flag}>!<end-cond><delete-pattern>~s muttgone-<enter><sync-mailbox><quit>";
        await ToolAsync("script", "-qec", $"timeout 20 mutt -n -F '{settings}' -f '{run.Disk.Root}' -e 'push \"{keys}\"'", "/dev/null");

        // What it has not done counts as found: it may have been renamed under it.
        foreach (var file in run.Disk.Files("INBOX"))
            if (run.MarkOf(file) is { } mark && mark.StartsWith("mutt-", StringComparison.Ordinal))
                run.Model.Mails[mark].Letters['F'] = file.Letters.Contains('F');
        run.Count("mutt");
    }

    /// <summary>Mirrors a folder by IMAP into a Maildir of its own, and puts mail in on that side.</summary>
    public async Task MbsyncAsync(Random random)
    {
        var local = Path.Combine(run.Server.File("mirror"), "Synced");
        foreach (var part in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(Path.Combine(local, part));
        var settings = run.Server.File("coedit-mbsyncrc");
        await File.WriteAllTextAsync(settings, $"""
            IMAPAccount here
            Host localhost
            Port {run.Server.Port("imaps")}
            User alice@example.org
            Pass {ServerProcess.Password}
            SSLType IMAPS
            CertificateFile {run.Server.Certificate}

            IMAPStore far
            Account here

            MaildirStore near
            Path {run.Server.File("mirror")}/
            Inbox {run.Server.File("mirror")}/INBOX
            SubFolders Verbatim

            Channel one
            Far :far:Synced
            Near :near:Synced
            Create Near
            Expunge Both
            SyncState *

            """);
        var (mark, mail) = run.Model.New("synced");
        mail.IsUncertain = true;
        await File.WriteAllTextAsync(Path.Combine(local, "new", OutsideActors.NewName(random)), Model.Text(mark));
        FlagLocally(local, random);
        var result = await Tool.RunAsync("mbsync", ["-c", settings, "one"], home: run.Server.File(""));
        if (result.ExitCode != 0)
            throw new IOException(result.ToString());
        foreach (var waiting in _synced.Append(mark).Select(mark => run.Model.Mails[mark]))
        {
            (waiting.Places, waiting.IsThere, waiting.IsUncertain) = (waiting.IsDoomed ? [] : ["Synced"], true, false);
            if (_flagged.Remove(waiting, out var isFlagged))
                waiting.Letters['F'] = isFlagged;
        }

        _synced.Clear();
        run.Count("mbsync");
    }

    /// <summary>Flags, unflags and deletes messages on mbsync's own side: both must come over.</summary>
    private void FlagLocally(string local, Random random)
    {
        foreach (var path in Directory.GetFiles(Path.Combine(local, "cur")).OrderBy(_ => random.Next()).Take(4))
        {
            var name = Path.GetFileName(path).Split(":2,");
            var mark = Disk.MarkOf(new(path, name[0], ""));
            if (name.Length < 2 || mark is null)
                continue;
            var mail = run.Model.Mails[mark];
            var letter = random.Next(6) == 0 ? 'T' : 'F';
            var isSet = !name[1].Contains(letter);
            mail.Letters.TryRemove('F', out _);
            (mail.IsUncertain, mail.IsDoomed) = (true, mail.IsDoomed || letter == 'T');
            if (letter == 'F')
                _flagged[mail] = isSet;
            _synced.Add(mark);
            File.Move(path, Path.Combine(local, "cur", $"{name[0]}:2,{string.Concat((isSet ? name[1] + letter : name[1].Replace("F", "", StringComparison.Ordinal)).Order())}"));
            run.Count(letter == 'T' ? "mbsync delete" : "mbsync flag");
        }
    }

    private async Task PipeAsync(string program, string rules, string name, string[] options)
    {
        var settings = run.Server.File($"coedit-{program}");
        await File.WriteAllTextAsync(settings, rules + "\n");
        File.SetUnixFileMode(settings, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (mark, mail) = run.Model.New("still");
        using var process = Tool.Start(program, [.. options, settings]);
        await process.StandardInput.WriteAsync(Model.Text(mark));
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}, {name}: {await process.StandardError.ReadToEndAsync()}");
        (mail.Places, mail.IsThere) = (["INBOX"], true);
        run.Count(program);
    }

    private async Task ToolAsync(string name, params string[] arguments)
    {
        try
        {
            var result = await Tool.RunAsync(name, arguments, home: run.Server.File(""));
            if (result.ExitCode != 0)
                run.Count(name + " failed");
        }
        catch (TimeoutException)
        {
            // mutt asks its user what to do about a folder that keeps changing; nobody answers, and it is ended.
            run.Count(name + " ended");
        }
    }
}
