using System.Globalization;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>Users of the server: IMAP, SMTP, POP3.</summary>
internal sealed class SessionActors(CoEditRun run)
{
    public const int Editors = 3;

    /// <summary>A session that flags, copies, moves and appends; each message is one session's to change.</summary>
    public Func<Random, Task> NewEditor(int number) => InSession(async (session, random) =>
    {
        await session.CommandAsync("NOOP");
        await session.FillAsync();
        if (session.View.Count == 0)
            return;
        await LearnAsync(session, random);

        // mutt writes all letters as it read them when it opened the folder: what it flags must be its own, or it takes back what others did since.
        var own = session.View.Select(message => message.Uid)
            .Where(uid => session.Subjects.TryGetValue(uid, out var mark) && !mark.StartsWith("mutt", StringComparison.Ordinal) && mark[^1] % Editors == number && run.Model.Mails.ContainsKey(mark)).ToList();
        for (var i = 0; i < 5 && own.Count > 0; i++)
        {
            var uid = own[random.Next(own.Count)];
            own.Remove(uid); // it may be moved away
            var (mark, mail) = (session.Subjects[uid], run.Model.Mails[session.Subjects[uid]]);
            await (mark.StartsWith("moved", StringComparison.Ordinal) && random.Next(3) == 0 ? MoveAsync(session, uid, mail, mark)
                : mark.StartsWith("still", StringComparison.Ordinal) && random.Next(6) == 0 ? CopyAsync(session, uid, mail, mark)
                : AnswerAsync(session, uid, mail, random));
        }

        if (random.Next(4) == 0)
            await AppendAsync(session);
    });

    /// <summary>A session that expunges: the messages it names, or all that it has marked.</summary>
    public Func<Random, Task> NewEraser()
    {
        HashSet<uint> marked = [];
        return InSession(async (session, random) =>
        {
            await session.CommandAsync("NOOP");
            await session.FillAsync();
            if (session.View.Count == 0)
                return;
            await LearnAsync(session, random);
            var uids = session.View.Select(message => message.Uid)
                .Where(uid => session.Subjects.TryGetValue(uid, out var mark) && mark.StartsWith("erased", StringComparison.Ordinal)).Take(3).ToList();

            // A server that was killed may not have marked those of the turn before: they are marked again.
            marked.IntersectWith(session.View.Select(message => message.Uid));
            marked.UnionWith(uids);
            uids = [.. marked];
            if (uids.Count == 0)
                return;
            List<Mail> mails = [.. uids.Select(uid => run.Model.Mails[session.Subjects[uid]])];
            mails.ForEach(mail => (mail.IsUncertain, mail.IsDoomed) = (true, true));
            var set = string.Join(',', uids.Select(uid => uid.ToString(CultureInfo.InvariantCulture)));
            var stored = await session.CommandAsync($@"UID STORE {set} +FLAGS.SILENT (\Deleted)");
            // Others may have taken one away since: RFC 9051 §7.1, and the next turn sees which.
            if (stored.StartsWith("NO [EXPUNGEISSUED]", StringComparison.Ordinal))
                return;
            Assert.StartsWith("OK", stored, StringComparison.Ordinal);
            var isUidExpunge = random.Next(2) == 0;
            Assert.StartsWith("OK", await session.CommandAsync(isUidExpunge ? $"UID EXPUNGE {set}" : "EXPUNGE"), StringComparison.Ordinal);
            foreach (var uid in uids)
            {
                Assert.DoesNotContain(session.View, message => message.Uid == uid);
                var mail = run.Model.Mails[session.Subjects[uid]];
                (mail.Places, mail.IsUncertain) = ([], false);
            }

            run.Count(isUidExpunge ? "uid expunge" : "expunge");
        });
    }

    /// <summary>A session that uses a folder that others make and remove: it may be told that there is none, or that it has to open it again.</summary>
    public async Task PassingAsync(Random random)
    {
        await using var client = await LineClient.ConnectTlsAsync(run.Server, "imaps");
        await client.CommandAsync($"a LOGIN alice@example.org {ServerProcess.Password}", "a OK");
        var (_, listed) = await client.CommandAsync("b LIST \"\" *", "b OK");
        foreach (var folder in CoEditRun.Folders)
            Assert.Contains(listed, line => line.EndsWith(folder, StringComparison.Ordinal) || line.EndsWith($"\"{folder}\"", StringComparison.Ordinal));
        await MakeFolderAsync(client, random);
        try
        {
            foreach (var command in new[] { "SELECT Passing", "NOOP", "STATUS Passing (MESSAGES UIDNEXT)", "FETCH 1:* (UID FLAGS)" })
                await client.CommandAsync($"c {command}", "c ");
            run.Count("passing folder");
        }
        catch (IOException) when (!run.IsDown)
        {
            // Whose folder is removed is told BYE (RFC 2180 §3.3).
            run.Count("passing folder went");
        }
    }

    private static async Task MakeFolderAsync(LineClient client, Random random)
    {
        var made = string.Create(CultureInfo.InvariantCulture, $"Own{random.Next(1_000_000)}");
        foreach (var command in new[] { $"CREATE {made}", $"SELECT {made}", "CLOSE", $"RENAME {made} {made}x", $"DELETE {made}x" })
        {
            var (reply, _) = await client.CommandAsync($"c {command}", "c ");
            Assert.True(reply.StartsWith("c OK", StringComparison.Ordinal), $"{command}: {reply}");
        }
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

    /// <summary>Keeps one session from one turn to the next, and what it knows of subjects from one session to the next.</summary>
    private Func<Random, Task> InSession(Func<WatchingSession, Random, Task> act)
    {
        WatchingSession? session = null;
        Dictionary<uint, string> subjects = [];
        var starts = 0;
        return async random =>
        {
            // Killed between two turns: the server of that session is no more.
            if (session is not null && starts != run.Starts)
            {
                await session.DisposeAsync();
                session = null;
            }

            try
            {
                starts = run.Starts;
                session ??= await WatchingSession.OpenAsync(run.Server, "INBOX");
                foreach (var (uid, subject) in subjects)
                    session.Subjects.TryAdd(uid, subject);
                await act(session, random);
                subjects = session.Subjects;
            }
            catch
            {
                if (session is not null)
                {
                    subjects = session.Subjects;
                    await session.DisposeAsync();
                }

                session = null;
                throw;
            }
        };
    }

    /// <summary>Asks for the subjects of some messages: here and there, and of the newest.</summary>
    private static async Task LearnAsync(WatchingSession session, Random random)
    {
        var from = random.Next(2) == 0 ? Math.Max(1, session.View.Count - 30) : 1 + random.Next(session.View.Count);
        await session.CommandAsync(string.Create(CultureInfo.InvariantCulture, $"FETCH {from}:{Math.Min(session.View.Count, from + 40)} (UID ENVELOPE)"));
    }

    private async Task AnswerAsync(WatchingSession session, uint uid, Mail mail, Random random)
    {
        var isSet = random.Next(2) == 0;
        var told = false;
        session.Told = (what, of, flags, _) => told |= what == "FETCH" && of == uid && flags.Contains(@"\Answered", StringComparison.Ordinal) == isSet;
        mail.Letters.TryRemove('R', out _);
        mail.Letters.TryRemove(Mail.Keyword, out _);
        var reply = await session.CommandAsync($"UID STORE {uid} {(isSet ? '+' : '-')}FLAGS (\\Answered $Co)");
        session.Told = null;

        // Nothing is answered for a message that somebody has moved or removed meanwhile.
        if (reply.StartsWith("OK", StringComparison.Ordinal) && told)
            mail.Letters['R'] = mail.Letters[Mail.Keyword] = isSet;
        run.Count("store");
    }

    private async Task MoveAsync(WatchingSession session, uint uid, Mail mail, string mark)
    {
        mail.IsUncertain = true;
        var reply = await session.CommandAsync($"UID MOVE {uid} Copies");
        mail.IsUncertain = false;
        if (!reply.StartsWith("OK", StringComparison.Ordinal))
            return;
        Assert.DoesNotContain(session.View, message => message.Uid == uid);
        mail.Move("INBOX", "Copies");
        Promise(session, "Copies", mark, null);
        run.Count("move");
    }

    private async Task CopyAsync(WatchingSession session, uint uid, Mail mail, string mark)
    {
        mail.IsUncertain = true;
        var reply = await session.CommandAsync($"UID COPY {uid} Copies");
        mail.IsUncertain = false;
        Assert.StartsWith("OK", reply, StringComparison.Ordinal);
        mail.Places = [.. mail.Places, "Copies"];
        Promise(session, "Copies", mark, mail.Letters.TryGetValue('R', out var isAnswered) ? isAnswered : null);
        run.Count("copy");
    }

    private async Task AppendAsync(WatchingSession session)
    {
        var (mark, mail) = run.Model.New("still");
        mail.IsUncertain = true;
        Assert.StartsWith("OK", await session.AppendAsync("INBOX", @"\Seen $Co", Model.Text(mark, "\r\n")), StringComparison.Ordinal);
        mail.Letters.TryAdd('S', true);
        (mail.Places, mail.IsThere, mail.IsUncertain) = (["INBOX"], true, false);
        Promise(session, "INBOX", mark, null);
        run.Count("append");
    }

    private void Promise(WatchingSession session, string folder, string mark, bool? isAnswered)
    {
        Assert.True(session.Given is not null, $"no COPYUID or APPENDUID for {mark}");
        var (validity, uids) = session.Given.Value;
        run.Model.Promises.Enqueue(new(folder, validity, uint.Parse(uids, CultureInfo.InvariantCulture), mark, isAnswered));
    }
}
