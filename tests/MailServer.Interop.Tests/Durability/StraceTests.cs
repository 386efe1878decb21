using System.Globalization;

namespace MailServer.Interop.Tests;

/// <summary>What the real server asks of the system, and what it does when the system says no.</summary>
public sealed class StraceTests
{
    private const string FileCalls = "trace=fsync,fdatasync,link,linkat,rename,renameat,renameat2,unlink,unlinkat,sendto,sendmsg,write,writev";

    /// <summary>Calls that write to a disk.</summary>
    private const string Writes = "trace=openat,creat,pwrite64,write,pwritev,fsync,fdatasync,link,linkat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,ftruncate,fchmod,utimensat";

    [InteropFact]
    public async Task A_delivery_is_durable_before_its_250()
    {
        await using var server = await ServerProcess.StartAsync();
        Assert.StartsWith("250", await DeliverAsync(server, "warm"), StringComparison.Ordinal);
        await using var strace = await Strace.AttachAsync(server, "-e", FileCalls);
        Assert.StartsWith("250", await DeliverAsync(server, "traced"), StringComparison.Ordinal);
        var calls = await strace.StopAsync();

        InOrder(
            calls,
            call => call.Name == "fsync" && call.Text.Contains("/spool/", StringComparison.Ordinal),
            call => call.Name is "link" or "linkat" && call.Text.Contains("/alice/Maildir/new/", StringComparison.Ordinal),
            call => call.Name == "fsync" && call.Text.Contains("/alice/Maildir/new>", StringComparison.Ordinal),
            call => call.Text.Contains("\"250 2.0.0", StringComparison.Ordinal) || call.Text.Contains("\"250 2.6.0", StringComparison.Ordinal));

        // One sync of the message, one of its folder.
        Assert.Equal(2, calls.Count(call => call.Name is "fsync" or "fdatasync" && call.Text.Contains("/data/", StringComparison.Ordinal)));
    }

    [InteropFact]
    public async Task A_MOVE_removes_nothing_before_it_is_there()
    {
        await using var server = await ServerProcess.StartAsync();
        await DeliverAsync(server, "one");
        await using var imap = await OctetClient.LogInAsync(server, "alice", "CREATE T");
        await imap.OkAsync("SELECT INBOX");
        await using var strace = await Strace.AttachAsync(server, "-e", FileCalls);
        await imap.OkAsync("MOVE 1 T");
        var calls = await strace.StopAsync();

        InOrder(
            calls,
            call => call.Name is "link" or "linkat" && call.Text.Contains("/.T/tmp/", StringComparison.Ordinal),
            call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains("/.T/tmp/", StringComparison.Ordinal),
            call => call.Name == "fsync" && call.Text.Contains("/.T/", StringComparison.Ordinal),
            call => call.Name == "unlink" && call.Text.Contains("/Maildir/cur/", StringComparison.Ordinal));
        InOrder(
            calls,
            call => call.Name == "fsync" && call.Text.Contains("/.T/dovecot-uidlist", StringComparison.Ordinal),
            call => call.Name == "unlink" && call.Text.Contains("/Maildir/cur/", StringComparison.Ordinal));
    }

    [InteropFact]
    public async Task An_APPEND_is_durable_before_its_OK()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var imap = await OctetClient.LogInAsync(server, "alice", "SELECT INBOX");
        var path = server.File("message");
        await File.WriteAllTextAsync(path, "Subject: x\r\n\r\nbody\r\n");
        await imap.AppendAsync("INBOX", path);
        await using var strace = await Strace.AttachAsync(server, "-e", FileCalls);
        Assert.StartsWith("OK", (await imap.AppendAsync("INBOX", path)).Status, StringComparison.Ordinal);
        var calls = await strace.StopAsync();

        var answer = LastAnswer(calls);
        InOrder(
            calls,
            call => call.Name == "fsync" && call.Text.Contains("/Maildir/tmp/", StringComparison.Ordinal),
            call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains("/Maildir/new/", StringComparison.Ordinal),
            call => call.Name == "fsync" && call.Text.Contains("/Maildir/new>", StringComparison.Ordinal),
            call => call == answer);
        InOrder(
            calls,
            call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains("/Maildir/new/", StringComparison.Ordinal),
            call => call.Name == "fsync" && call.Text.Contains("/Maildir/dovecot-uidlist", StringComparison.Ordinal),
            call => call == answer);
    }

    [InteropFact]
    public async Task A_COPY_is_durable_before_its_OK_and_all_of_it_at_once()
    {
        await using var server = await ServerProcess.StartAsync();
        foreach (var subject in new[] { "one", "two", "three" })
            await DeliverAsync(server, subject);
        await using var imap = await OctetClient.LogInAsync(server, "alice", "CREATE T");
        await imap.OkAsync("SELECT INBOX");
        await imap.OkAsync("STORE 1:3 +FLAGS (\\Seen)");
        await imap.OkAsync("COPY 1 T");
        await using var strace = await Strace.AttachAsync(server, "-e", FileCalls);
        await imap.OkAsync("COPY 1:3 T");
        var calls = await strace.StopAsync();

        var answer = LastAnswer(calls);
        var renamed = calls.Where(call => call.HasSucceeded && call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains("/.T/cur/", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, renamed.Count);
        foreach (var synced in new[] { "/.T/cur>", "/.T/dovecot-uidlist" })
            InOrder(
                calls,
                call => call.Name is "link" or "linkat" && call.Text.Contains("/.T/tmp/", StringComparison.Ordinal),
                call => call == renamed[^1],
                call => call.Name == "fsync" && call.Text.Contains(synced, StringComparison.Ordinal),
                call => call == answer);

        // However many messages: one sync of their names, one of their UIDs.
        Assert.Equal(2, calls.Count(call => call.Name is "fsync" or "fdatasync" && call.Text.Contains("/.T/", StringComparison.Ordinal)));
    }

    [InteropFact]
    public async Task A_STORE_is_a_rename_before_its_OK_and_a_new_keyword_is_durable_before_that()
    {
        await using var server = await ServerProcess.StartAsync();
        await DeliverAsync(server, "one");
        await using var imap = await OctetClient.LogInAsync(server, "alice", "SELECT INBOX");
        await using (var strace = await Strace.AttachAsync(server, "-e", FileCalls))
        {
            await imap.OkAsync("STORE 1 +FLAGS (\\Flagged)");
            var calls = await strace.StopAsync();
            var answer = LastAnswer(calls);
            InOrder(calls, call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains(":2,F\"", StringComparison.Ordinal), call => call == answer);
            Assert.DoesNotContain(calls, call => call.Name is "fsync" or "fdatasync");
        }

        await using (var strace = await Strace.AttachAsync(server, "-s", "300", "-e", FileCalls))
        {
            await imap.OkAsync("STORE 1 +FLAGS ($New)");
            var calls = await strace.StopAsync();
            var answer = LastAnswer(calls);
            InOrder(
                calls,
                call => call.Name == "fsync" && call.Text.Contains("/dovecot-keywords.", StringComparison.Ordinal),
                call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains("/dovecot-keywords\"", StringComparison.Ordinal),
                call => call.Name == "fsync" && call.Text.Contains("/alice/Maildir>", StringComparison.Ordinal),
                call => call.Name.StartsWith("rename", StringComparison.Ordinal) && call.Text.Contains(":2,Fa\"", StringComparison.Ordinal),
                call => call == answer);
        }
    }

    [InteropFact]
    public async Task An_EXPUNGE_has_removed_before_its_OK_and_syncs_nothing()
    {
        await using var server = await ServerProcess.StartAsync();
        foreach (var subject in new[] { "one", "two" })
            await DeliverAsync(server, subject);
        await using var imap = await OctetClient.LogInAsync(server, "alice", "SELECT INBOX");
        await imap.OkAsync("STORE 1:2 +FLAGS (\\Deleted)");
        await using var strace = await Strace.AttachAsync(server, "-e", FileCalls);
        await imap.OkAsync("EXPUNGE");
        var calls = await strace.StopAsync();

        var answer = LastAnswer(calls);
        var removed = calls.Where(call => call.HasSucceeded && call.Name.StartsWith("unlink", StringComparison.Ordinal) && call.Text.Contains("/Maildir/cur/", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, removed.Count);
        Assert.All(removed, call => Assert.True(call.End < answer.Start, call.Text));
        Assert.DoesNotContain(calls, call => call.Name is "fsync" or "fdatasync");
    }

    [InteropFact]
    public async Task Reading_and_waiting_write_nothing()
    {
        await using var server = await ServerProcess.StartAsync();
        for (var i = 0; i < 5; i++)
            await DeliverAsync(server, $"mail {i}");
        await ReadAllAsync(server);

        // The index is written a while after the last session has left.
        await Task.Delay(TimeSpan.FromSeconds(35));
        await using var strace = await Strace.AttachAsync(server, "-e", Writes);
        await ReadAllAsync(server);
        await ReadAllAsync(server);
        await Task.Delay(TimeSpan.FromSeconds(35));
        var calls = await strace.StopAsync();

        var writes = calls.Where(call => call.Text.Contains("/data/mail/", StringComparison.Ordinal)
            && (call.Name != "openat" || call.Text.Contains("O_CREAT", StringComparison.Ordinal) || call.Text.Contains("O_TRUNC", StringComparison.Ordinal)));
        Assert.False(writes.Any(), string.Join('\n', writes.Select(call => call.Text)));
    }

    [InteropFact]
    public async Task What_is_acknowledged_while_the_disk_fails_is_there_after_a_kill()
    {
        await using var server = await ServerProcess.StartAsync();
        List<string> acknowledged = [];
        foreach (var (i, inject) in new[]
        {
            "fsync:error=EIO", "fsync:error=EROFS", "fsync:error=EIO:when=1", "fsync:error=EIO:when=2+2", "pwrite64:error=ENOSPC", "pwrite64:error=EDQUOT:when=2",
            "link,linkat:error=ENOSPC", "rename,renameat2:error=EIO", "rename,renameat2:error=EACCES:when=1", "unlink:error=EIO",
        }.Index())
        {
            await DeliverMarkedAsync(server, $"before-{i}", acknowledged);
            var before = await UidsAsync(server);
            await using (await Strace.AttachAsync(server, "-e", "inject=" + inject))
            {
                await DeliverMarkedAsync(server, $"smtp-{i}", acknowledged);
                await ImapAsync(server, $"imap-{i}", acknowledged);
            }

            await server.KillAsync();
            await server.RunAsync();
            var after = await UidsAsync(server);
            foreach (var subject in acknowledged)
                Assert.True(after.ContainsKey(subject), $"{inject}: {subject} was acknowledged and is not there");
            foreach (var (subject, place) in before)
                Assert.True(after.TryGetValue(subject, out var now) && (now == place || now.Folder != place.Folder), $"{inject}: {subject} was {place} and is {now}");
        }

        Assert.True(acknowledged.Count >= 12, "too little was acknowledged to mean anything");
    }

    /// <summary>What was sent last; it is in TLS, so that only its time can be told.</summary>
    private static TracedCall LastAnswer(IReadOnlyList<TracedCall> calls) =>
        calls.Last(call => call.HasSucceeded && call.Name is "sendto" or "sendmsg" && call.Text.Contains("<socket:", StringComparison.Ordinal));

    private static void InOrder(IReadOnlyList<TracedCall> calls, params Func<TracedCall, bool>[] steps)
    {
        var end = -1;
        for (var i = 0; i < steps.Length; i++)
        {
            var call = calls.FirstOrDefault(call => call.HasSucceeded && steps[i](call));
            Assert.True(call is not null, $"step {i + 1} did not come:\n{string.Join('\n', calls.Select(call => call.Text))}");
            Assert.True(call.Start > end, $"step {i + 1} came too early: {call.Text}");
            end = call.End;
        }
    }

    private static async Task<string> DeliverAsync(ServerProcess server, string subject)
    {
        await using var client = await LineClient.ConnectAsync(server.Port("mx"));
        await client.CommandAsync("HELO test", "250");
        await client.CommandAsync("MAIL FROM:<a@example.net>", "250");
        await client.CommandAsync("RCPT TO:<alice@example.org>", "250");
        await client.CommandAsync("DATA", "354");
        await client.SendAsync($"Subject: {subject}\r\n\r\nbody\r\n.\r\n");
        return await client.ReadLineAsync();
    }

    private static async Task DeliverMarkedAsync(ServerProcess server, string subject, List<string> acknowledged)
    {
        try
        {
            if ((await DeliverAsync(server, subject)).StartsWith("250", StringComparison.Ordinal))
                acknowledged.Add(subject);
        }
        catch (IOException)
        {
            // Not acknowledged.
        }
    }

    /// <summary>Adds a message and moves the first one; what either is answered, nothing may be lost.</summary>
    private static async Task ImapAsync(ServerProcess server, string subject, List<string> acknowledged)
    {
        await using var imap = await OctetClient.ConnectAsync(server, "imaps");
        await imap.CommandAsync($"LOGIN alice@example.org {ServerProcess.Password}");
        await imap.CommandAsync("CREATE T");
        await imap.CommandAsync("SELECT INBOX");
        var path = server.File(subject);
        await File.WriteAllTextAsync(path, $"Subject: {subject}\r\n\r\nbody\r\n");
        if ((await imap.AppendAsync("INBOX", path)).Status.StartsWith("OK", StringComparison.Ordinal))
            acknowledged.Add(subject);
        var stored = await imap.CommandAsync("STORE 1 +FLAGS (\\Flagged $Marked)");
        if (stored.Status.StartsWith("OK", StringComparison.Ordinal))
            Assert.Contains("\\Flagged", (await imap.CommandAsync("FETCH 1 (FLAGS)")).Text, StringComparison.Ordinal);
        await imap.CommandAsync("MOVE 1 T");
    }

    private static async Task<Dictionary<string, (string Folder, long Uid)>> UidsAsync(ServerProcess server)
    {
        await using var imap = await OctetClient.LogInAsync(server, "alice", "NOOP");
        Dictionary<string, (string, long)> places = [];
        foreach (var folder in new[] { "T", "INBOX" })
        {
            if (!(await imap.CommandAsync($"EXAMINE {folder}")).Status.StartsWith("OK", StringComparison.Ordinal))
                continue;
            var answer = await imap.CommandAsync("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
            foreach (var (line, literal) in answer.Lines.Where(line => line.Contains("UID ", StringComparison.Ordinal)).Zip(answer.Literals))
                places[System.Text.Encoding.Latin1.GetString(literal.Head)["Subject: ".Length..].Trim()] =
                    (folder, long.Parse(line[(line.IndexOf("UID ", StringComparison.Ordinal) + 4)..].Split(' ')[0], CultureInfo.InvariantCulture));
        }

        return places;
    }

    private static async Task ReadAllAsync(ServerProcess server)
    {
        await using var imap = await OctetClient.LogInAsync(server, "alice", "SELECT INBOX");
        await imap.OkAsync("FETCH 1:* (UID FLAGS RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])");
        await imap.OkAsync("NOOP");
        await imap.OkAsync("SELECT INBOX");
        await imap.OkAsync("STATUS INBOX (MESSAGES UIDNEXT)");
        await imap.OkAsync("LIST \"\" *");
        await imap.OkAsync("LOGOUT");
    }
}
