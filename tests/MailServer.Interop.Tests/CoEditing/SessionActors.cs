namespace MailServer.Interop.Tests.CoEditing;

/// <summary>Users of the server: IMAP, SMTP, POP3.</summary>
internal sealed class SessionActors(CoEditRun run)
{
    /// <summary>A session that flags, copies, moves, appends and expunges.</summary>
    public Func<Random, Task> NewEditor(int number)
    {
        WatchingSession? session = null;
        Dictionary<uint, string> marks = [];
        return async random =>
        {
            try
            {
                session ??= await WatchingSession.OpenAsync(run.Server, "INBOX");
                await EditAsync(session, number, random, marks);
            }
            catch
            {
                if (session is not null)
                    await session.DisposeAsync();
                session = null;
                throw;
            }
        };
    }

    /// <summary>Sends by SMTP; what was acknowledged must be there.</summary>
    public async Task SendAsync(Random random)
    {
        await using var client = await LineClient.ConnectAsync(run.Server.Port("mx"));
        foreach (var line in new[] { "EHLO a.example.net", "MAIL FROM:<a@example.net>", "RCPT TO:<alice@example.org>" })
            await client.CommandAsync(line, line[0] == 'E' ? "250 " : "250");
        await client.CommandAsync("DATA", "354");
        var (mark, mail) = run.Model.New("still");
        mail.IsUncertain = true;
        await client.CommandAsync(Model.Text(mark, "\r\n") + ".", "250");
        lock (mail)
            (mail.Places, mail.IsThere, mail.IsUncertain) = (["INBOX"], true, false);
        run.Count("smtp");
    }

    public async Task Pop3Async(Random random)
    {
        await using var client = await LineClient.ConnectTlsAsync(run.Server, "pop3s");
        await client.CommandAsync("USER alice@example.org", "+OK");
        await client.CommandAsync($"PASS {ServerProcess.Password}", "+OK");
        await client.SendAsync("UIDL\r\n");
        List<string> uids = [];
        for (string line; (line = await client.ReadLineAsync()) != ".";)
            uids.Add(line);
        Assert.Equal(uids.Count, uids.Skip(1).Select(line => line.Split(' ')[1]).Distinct().Count() + 1);
        Mail? doomed = null;
        for (var number = uids.Count - 1; number > 0 && number > uids.Count - 20 && doomed is null; number--)
        {
            await client.SendAsync($"TOP {number} 0\r\n");
            var mark = "";
            for (string line; (line = await client.ReadLineAsync()) != "." && !line.StartsWith("-ERR", StringComparison.Ordinal);)
                if (line.StartsWith("Subject: popped", StringComparison.Ordinal))
                    mark = line["Subject: ".Length..];
            if (mark.Length == 0)
                continue;
            doomed = run.Model.Mails[mark];
            (doomed.IsUncertain, doomed.IsDoomed) = (true, true);
            await client.CommandAsync($"DELE {number}", "+OK");
        }

        await client.CommandAsync("QUIT", "+OK");
        if (doomed is not null)
            (doomed.Places, doomed.IsUncertain) = ([], false);
        run.Count("pop3");
    }

    private async Task EditAsync(WatchingSession session, int number, Random random, Dictionary<uint, string> marks)
    {
        await session.CommandAsync("NOOP");
        await session.FillAsync();
        var uids = run.Disk.Uids("INBOX", out _).ToDictionary(pair => pair.Value, pair => pair.Key);
        var files = run.Disk.Files("INBOX").DistinctBy(file => file.BaseName).ToDictionary(file => file.BaseName);
        for (var i = 0; i < 15 && session.View.Count > 0; i++)
        {
            var uid = session.View[random.Next(session.View.Count)].Uid;
            if (!marks.TryGetValue(uid, out var mark))
            {
                if (!uids.TryGetValue(uid, out var baseName) || !files.TryGetValue(baseName, out var file) || Disk.MarkOf(file) is not { } read)
                    continue;
                marks[uid] = mark = read;
            }

            // Each session has messages of its own to change.
            if (!run.Model.Mails.TryGetValue(mark, out var mail) || mark[^1] % 3 != number)
                continue;
            await (mark.StartsWith("moved", StringComparison.Ordinal) ? MoveAsync(session, uid, mail)
                : random.Next(6) == 0 ? CopyAsync(session, uid, mail, mark)
                : AnswerAsync(session, uid, mail, random));
        }

        if (random.Next(4) == 0)
            await AppendAsync(session);
    }

    private async Task AnswerAsync(WatchingSession session, uint uid, Mail mail, Random random)
    {
        var isSet = random.Next(2) == 0;
        var told = false;
        var before = session.Told;
        session.Told = (what, of, flags) => told |= what == "FETCH" && of == uid && flags.Contains(@"\Answered", StringComparison.Ordinal) == isSet;
        mail.Letters.TryRemove('R', out _);
        var reply = await session.CommandAsync($"UID STORE {uid} {(isSet ? '+' : '-')}FLAGS (\\Answered $Co)");
        session.Told = before;

        // Nothing is answered for a message that somebody has moved or removed meanwhile.
        if (reply.StartsWith("OK", StringComparison.Ordinal) && told)
            mail.Letters['R'] = isSet;
        run.Count("store");
    }

    private async Task MoveAsync(WatchingSession session, uint uid, Mail mail)
    {
        mail.IsUncertain = true;
        var reply = await session.CommandAsync($"UID MOVE {uid} Copies");
        mail.IsUncertain = false;
        if (!reply.StartsWith("OK", StringComparison.Ordinal))
            return;
        if (session.View.All(message => message.Uid != uid))
            mail.Places = ["Copies"];
        run.Count("move");
    }

    private async Task CopyAsync(WatchingSession session, uint uid, Mail mail, string mark)
    {
        // Carried and removed ones may be elsewhere by now.
        if (!mark.StartsWith("still", StringComparison.Ordinal))
            return;
        mail.IsUncertain = true;
        var reply = await session.CommandAsync($"UID COPY {uid} Copies");
        mail.IsUncertain = false;
        if (reply.StartsWith("OK", StringComparison.Ordinal))
            mail.Places = [.. mail.Places, "Copies"];
        run.Count("copy");
    }

    private async Task AppendAsync(WatchingSession session)
    {
        var (mark, mail) = run.Model.New("still");
        mail.IsUncertain = true;
        Assert.StartsWith("OK", await session.AppendAsync("INBOX", @"\Seen $Co", Model.Text(mark, "\r\n")), StringComparison.Ordinal);
        mail.Letters.TryAdd('S', true);
        (mail.Places, mail.IsThere, mail.IsUncertain) = (["INBOX"], true, false);
        run.Count("append");
    }
}
