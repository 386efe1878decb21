namespace MailServer.Interop.Tests;

/// <summary>Python's libraries, offlineimap, getmail, neomutt and imapfilter, each asked for what people use it for.</summary>
public sealed class MoreClientTests(RunningServer running) : IClassFixture<RunningServer>
{
    private ServerProcess Server => running.Server;

    [InteropFact]
    public async Task Pythons_imaplib_and_poplib_see_the_same_mail()
    {
        var script = Server.File("both.py");
        await File.WriteAllTextAsync(script, """
            import imaplib, poplib, ssl, sys
            user, password, certificate, imaps, pop3s = sys.argv[1:]
            context = ssl.create_default_context(cafile=certificate)
            imap = imaplib.IMAP4_SSL("localhost", int(imaps), ssl_context=context)
            imap.login(user, password)
            # Once UTF-8 is enabled, this library puts "UTF8 (" into the message itself.
            for i in range(1, 4):
                assert imap.append("INBOX", r"(\Flagged)", None, f"Subject: grüße {i}\r\n\r\nbody {i}\r\n".encode())[0] == "OK"
            assert imap.enable("UTF8=ACCEPT")[0] == "OK"
            assert imap.create('"Entwürfe"')[0] == "OK"
            assert '(\\HasNoChildren) "/" "Entwürfe"'.encode() in imap.list()[1]
            assert imap.select("INBOX") == ("OK", [b"3"])
            assert imap.search(None, '(SUBJECT "grüße 2")') == ("OK", [b"2"])
            assert imap.fetch("2", "(BODY.PEEK[TEXT])")[1][0][1] == b"body 2\r\n"
            assert imap.store("2", "+FLAGS", r"(\Seen)")[1] == [rb"2 (UID 2 FLAGS (\Flagged \Seen \Recent))"]
            assert imap.copy("1:2", '"Entwürfe"')[0] == "OK"
            assert imap.uid("MOVE", "3", '"Entwürfe"')[0] == "OK"
            assert imap.status('"Entwürfe"', "(MESSAGES UNSEEN)")[1] == ['"Entwürfe" (MESSAGES 3 UNSEEN 2)'.encode()]
            imap.logout()

            pop3 = poplib.POP3_SSL("localhost", int(pop3s), context=context)
            assert "UTF8" in pop3.capa()
            pop3.utf8()
            pop3.user(user)
            pop3.pass_(password)
            assert pop3.stat()[0] == 2
            assert pop3.retr(2)[1] == ["Subject: grüße 2".encode(), b"", b"body 2"]
            assert len(pop3.uidl()[1]) == 2
            pop3.dele(1)
            pop3.quit()
            """);
        await RunAsync("python3", script, "pop1@example.org", ServerProcess.Password, Server.Certificate, $"{Server.Port("imaps")}", $"{Server.Port("pop3s")}");
        Assert.Contains("body 2\n", await File.ReadAllTextAsync(Assert.Single(Server.Messages("pop1"))), StringComparison.Ordinal);
    }

    [InteropFact]
    public async Task Offlineimap_mirrors_both_ways()
    {
        await Outbox.SendAsync(Server, "pop2@example.org", 3);
        var (settings, local) = (Server.File("offlineimaprc"), Server.File("offline"));
        await File.WriteAllTextAsync(settings, $"""
            [general]
            accounts = one
            metadata = {Server.File("offline-state")}
            ui = quiet
            [Account one]
            localrepository = near
            remoterepository = far
            [Repository near]
            type = Maildir
            localfolders = {local}
            [Repository far]
            type = IMAP
            remotehost = localhost
            remoteport = {Server.Port("imaps")}
            remoteuser = pop2@example.org
            remotepass = {ServerProcess.Password}
            ssl = yes
            sslcacertfile = {Server.Certificate}
            """);
        await RunAsync("offlineimap", "-o", "-c", settings);
        var copies = Directory.GetFiles(Path.Combine(local, "INBOX", "new"));
        Assert.Equal([1, 2, 3], copies.Select(copy => Enumerable.Range(1, 3).Single(i => File.ReadAllText(copy).Contains($"body of number {i}\n", StringComparison.Ordinal))).Order());

        // One is read, one is deleted, one is new here.
        var cur = Path.Combine(local, "INBOX", "cur");
        File.Move(copies[0], Path.Combine(cur, Path.GetFileName(copies[0]).Split(":2,")[0] + ":2,S"));
        File.Delete(copies[1]);
        await File.WriteAllTextAsync(Path.Combine(cur, "1.written.here:2,"), "From: a@example.org\nSubject: written here\n\nlocal\n");
        await RunAsync("offlineimap", "-o", "-c", settings);
        var there = Server.Messages("pop2");
        Assert.Equal(3, there.Length);
        Assert.Single(there, file => file.EndsWith(":2,S", StringComparison.Ordinal));
        Assert.Single(there, file => File.ReadAllText(file).Contains("written here", StringComparison.Ordinal));
    }

    [InteropFact]
    public Task Getmail_takes_all_by_IMAP_and_deletes_it() => GetmailAsync("pop3", "SimpleIMAPSSLRetriever", "imaps");

    [InteropFact]
    public Task Getmail_takes_all_by_POP3_and_deletes_it() => GetmailAsync("pop4", "SimplePOP3SSLRetriever", "pop3s");

    private async Task GetmailAsync(string user, string retriever, string listener)
    {
        await Outbox.SendAsync(Server, $"{user}@example.org", 3);
        var (folder, taken) = (Directory.CreateDirectory(Server.File("getmail-" + user)).FullName, Server.File("taken-" + user));
        await File.WriteAllTextAsync(Path.Combine(folder, "rc"), $"""
            [retriever]
            type = {retriever}
            server = localhost
            port = {Server.Port(listener)}
            username = {user}@example.org
            password = {ServerProcess.Password}
            ca_certs = {Server.Certificate}
            [destination]
            type = MDA_external
            path = /usr/bin/tee
            arguments = ("-a", "{taken}")
            allow_root_commands = true
            [options]
            delete = true
            """);
        await RunAsync("getmail", $"--getmaildir={folder}", "--rcfile=rc");
        var text = await File.ReadAllTextAsync(taken);
        Assert.All(Enumerable.Range(1, 3), i => Assert.Contains($"body of number {i}\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal));
        Assert.Empty(Server.Messages(user));
    }

    /// <summary>With CONDSTORE, QRESYNC and COMPRESS, all of which it asks for.</summary>
    [InteropFact]
    public async Task Neomutt_copies_all_messages()
    {
        await Outbox.SendAsync(Server, "pop5@example.org", 4);
        var (settings, copy) = (Server.File("neomuttrc"), Server.File("from-neomutt"));
        await File.WriteAllTextAsync(settings, $"""
            set imap_user="pop5@example.org" imap_pass="{ServerProcess.Password}" certificate_file="{Server.Certificate}" ssl_verify_host=no
            set confirmappend=no confirmcreate=no quit=yes delete=yes mark_old=no wait_key=no mbox_type=mbox move=no read_inc=0
            set copy=no header_cache="" message_cachedir="" sort=mailbox-order imap_qresync=yes imap_condstore=yes imap_deflate=yes
            """ + "\n");
        const string TagAll = "<tag-pattern>~A<enter>";
        var keys = $"<refresh>{TagAll}<refresh>{TagAll}<refresh>{TagAll}<tag-prefix><copy-message><kill-line>{copy}<enter><quit>";
        await RunAsync("script", "-qec", $"neomutt -n -F '{settings}' -f '{Server.Url("imaps", "imaps")}/INBOX' -e 'push \"{keys}\"'", "/dev/null");
        var text = await File.ReadAllTextAsync(copy);
        Assert.All(Enumerable.Range(1, 4), i => Assert.Contains($"\n\nbody of number {i}\n", text, StringComparison.Ordinal));
    }

    [InteropFact]
    public async Task Imapfilter_marks_and_moves_what_it_finds()
    {
        await Outbox.SendAsync(Server, "pop6@example.org", 3);
        var script = Server.File("filter.lua");
        await File.WriteAllTextAsync(script, $$"""
            local account = IMAP { server = 'localhost', port = {{Server.Port("imaps")}}, username = 'pop6@example.org', password = '{{ServerProcess.Password}}', ssl = 'auto' }
            account:create_mailbox('Found')
            local found = account.INBOX:contain_subject('number 2')
            found:mark_flagged()
            found:move_messages(account.Found)
            """);
        await RunAsync("imapfilter", "-t", Server.Certificate, "-c", script);
        Assert.Equal(2, Server.Messages("pop6").Length);
        var moved = Assert.Single(Server.Messages("pop6", ".Found"));
        Assert.Contains("body of number 2\n", await File.ReadAllTextAsync(moved), StringComparison.Ordinal);
        Assert.Contains('F', moved[moved.LastIndexOf(',')..]);
    }

    private async Task RunAsync(string name, params string[] arguments)
    {
        var result = await Tool.RunAsync(name, arguments, home: Server.File(""));
        Assert.True(result.ExitCode == 0, result + "\n" + Server.LogText);
    }
}
