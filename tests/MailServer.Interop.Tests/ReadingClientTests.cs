using System.Globalization;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailServer.Interop.Tests;

/// <summary>curl, mutt, mbsync and fetchmail read what was delivered.</summary>
public sealed class ReadingClientTests
{
    private const string Login = "alice@example.org:" + ServerProcess.Password;

    [InteropFact]
    public async Task Curl_reads_by_IMAP_and_POP3_what_came_by_SMTP()
    {
        await using var server = await ServerProcess.StartAsync();
        await Outbox.SendAsync(server, "alice@example.org", 3);

        var search = await CurlAsync(server, server.Url("imaps", "imaps") + "/INBOX", "-X", "SEARCH SUBJECT \"number 2\"");
        Assert.Equal("* SEARCH 2", search.Output.Trim());
        var fetched = await CurlAsync(server, server.Url("imaps", "imaps") + "/INBOX;UID=2");
        Assert.Contains("\r\n\r\nbody of number 2\r\n", fetched.Output, StringComparison.Ordinal);
        var plain = await CurlAsync(server, server.Url("imap", "imap") + "/INBOX;MAILINDEX=3", "--ssl-reqd");
        Assert.Contains("body of number 3", plain.Output, StringComparison.Ordinal);

        var list = await CurlAsync(server, server.Url("pop3s", "pop3s") + "/");
        var sizes = list.Output.Trim().Split("\r\n").Select(line => line.Split(' ')).ToDictionary(line => line[0], line => line[1]);
        Assert.Equal(["1", "2", "3"], sizes.Keys);
        var retrieved = await CurlAsync(server, server.Url("pop3s", "pop3s") + "/2");
        Assert.Equal(fetched.Output, retrieved.Output);
        Assert.Equal(sizes["2"], fetched.Output.Length.ToString(CultureInfo.InvariantCulture));
    }

    [InteropFact]
    public async Task Curl_appends_and_the_file_is_there()
    {
        await using var server = await ServerProcess.StartAsync();
        var mail = server.File("draft.eml");
        await File.WriteAllTextAsync(mail, "From: alice@example.org\r\nSubject: appended\r\n\r\nby curl\r\n");
        await CurlAsync(server, server.Url("imaps", "imaps") + "/INBOX", "-T", mail);
        Assert.Equal("From: alice@example.org\nSubject: appended\n\nby curl\n", await File.ReadAllTextAsync(Assert.Single(server.Messages("alice"))));
    }

    [InteropFact]
    public async Task Mutt_copies_all_messages_from_IMAP_and_reads_the_Maildir_beside_it()
    {
        await using var server = await ServerProcess.StartAsync();
        await Outbox.SendAsync(server, "alice@example.org", 4);
        var settings = server.File("muttrc");
        await File.WriteAllTextAsync(settings, $"""
            set imap_user="alice@example.org" imap_pass="{ServerProcess.Password}" certificate_file="{server.Certificate}" ssl_verify_host=no
            set confirmappend=no confirmcreate=no quit=yes delete=yes mark_old=no wait_key=no mbox_type=mbox move=no read_inc=0
            set copy=no header_cache="" message_cachedir="" sort=mailbox-order
            """ + "\n");

        var fromImap = server.File("from-imap");
        await MuttAsync(server, settings, server.Url("imaps", "imaps") + "/INBOX", fromImap);
        var fromFiles = server.File("from-files");
        await MuttAsync(server, settings, server.Maildir("alice"), fromFiles);

        var imap = await File.ReadAllTextAsync(fromImap);
        Assert.Equal(4, imap.Split('\n').Count(line => line.StartsWith("From ", StringComparison.Ordinal)));
        Assert.Equal(4, (await File.ReadAllTextAsync(fromFiles)).Split('\n').Count(line => line.StartsWith("From ", StringComparison.Ordinal)));
        Assert.All(Enumerable.Range(1, 4), i => Assert.Contains($"\n\nbody of number {i}\n", imap, StringComparison.Ordinal));
    }

    [InteropFact]
    public async Task Mbsync_mirrors_both_ways()
    {
        await using var server = await ServerProcess.StartAsync();
        await Outbox.SendAsync(server, "alice@example.org", 5);
        await CurlAsync(server, server.Url("imaps", "imaps") + "/", "-X", "CREATE Work/apollo");
        var local = Directory.CreateDirectory(server.File("local")).FullName;
        var settings = server.File("mbsyncrc");
        await File.WriteAllTextAsync(settings, $"""
            IMAPAccount here
            Host localhost
            Port {server.Port("imaps")}
            User alice@example.org
            Pass {ServerProcess.Password}
            SSLType IMAPS
            CertificateFile {server.Certificate}

            IMAPStore far
            Account here

            MaildirStore near
            Path {local}/
            Inbox {local}/INBOX
            SubFolders Verbatim

            Channel all
            Far :far:
            Near :near:
            Patterns *
            Create Both
            Expunge Both
            SyncState *
            """ + "\n");

        await MbsyncAsync(server, settings);
        var copies = Directory.GetFiles(Path.Combine(local, "INBOX", "new"));
        Assert.Equal(5, copies.Length);
        Assert.True(Directory.Exists(Path.Combine(local, "Work", "apollo", "cur")));

        // One is read, one is deleted, one is new here: all three must arrive there, and nothing twice.
        var cur = Path.Combine(local, "INBOX", "cur");
        File.Move(copies[0], Path.Combine(cur, Path.GetFileName(copies[0]).Split(":2,")[0] + ":2,S"));
        File.Move(copies[1], Path.Combine(cur, Path.GetFileName(copies[1]).Split(":2,")[0] + ":2,ST"));
        await File.WriteAllTextAsync(Path.Combine(local, "INBOX", "new", "1.written.here"), "From: alice@example.org\nSubject: written here\n\nlocal\n");
        await MbsyncAsync(server, settings);

        var there = server.Messages("alice");
        Assert.Equal(5, there.Length);
        Assert.Single(there, file => file.EndsWith(":2,S", StringComparison.Ordinal));
        Assert.Single(there, file => File.ReadAllText(file).Contains("written here", StringComparison.Ordinal));
        await MbsyncAsync(server, settings);
        Assert.Equal(5, server.Messages("alice").Length);
    }

    [InteropFact]
    public async Task Fetchmail_takes_all_and_leaves_the_maildrop_empty()
    {
        await using var server = await ServerProcess.StartAsync();
        await Outbox.SendAsync(server, "alice@example.org", 3);
        var (settings, taken) = (server.File("fetchmailrc"), server.File("taken"));
        await File.WriteAllTextAsync(settings, $"""
            poll localhost service {server.Port("pop3s")} protocol pop3
              user "alice@example.org" password "{ServerProcess.Password}" ssl sslcertfile "{server.Certificate}" sslcertck
              mda "cat >> {taken}" fetchall

            """);
        File.SetUnixFileMode(settings, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var result = await Tool.RunAsync("fetchmail", ["-f", settings, "--pidfile", server.File("fetchmail.pid")], home: server.File(""));
        Assert.True(result.ExitCode == 0, result.ToString());
        var text = await File.ReadAllTextAsync(taken);
        Assert.All(Enumerable.Range(1, 3), i => Assert.Contains($"body of number {i}\n", text, StringComparison.Ordinal));
        Assert.Empty(server.Messages("alice"));
    }

    private static async Task<ToolResult> CurlAsync(ServerProcess server, string url, params string[] arguments)
    {
        var result = await Tool.RunAsync("curl", ["-sS", "--cacert", server.Certificate, "-u", Login, url, .. arguments]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }

    private static async Task MbsyncAsync(ServerProcess server, string settings)
    {
        var result = await Tool.RunAsync("mbsync", ["-c", settings, "-a"], home: server.File(""));
        Assert.True(result.ExitCode == 0, result + "\n" + server.LogText);
    }

    /// <summary>mutt wants a terminal: script(1) gives it one.</summary>
    private static async Task MuttAsync(ServerProcess server, string settings, string folder, string copy)
    {
        // Over IMAP mutt swallows keys while it connects: to tag all twice and thrice does no harm.
        const string TagAll = "<tag-pattern>~A<enter>";
        var keys = $"<refresh>{TagAll}<refresh>{TagAll}<refresh>{TagAll}<tag-prefix><copy-message><kill-line>{copy}<enter><quit>";
        var result = await Tool.RunAsync("script", ["-qec", $"mutt -n -F '{settings}' -f '{folder}' -e 'push \"{keys}\"'", "/dev/null"], home: server.File(""));
        Assert.True(result.ExitCode == 0 && File.Exists(copy), result + "\n" + server.LogText);
    }
}

/// <summary>Mail to try with.</summary>
internal static class Outbox
{
    /// <summary>Sends numbered messages, each acknowledged before the next.</summary>
    public static async Task SendAsync(ServerProcess server, string to, int count, int first = 1)
    {
        using var client = new SmtpClient();
        await client.ConnectAsync("127.0.0.1", server.Port("mx"), SecureSocketOptions.None);
        for (var i = first; i < first + count; i++)
            await client.SendAsync(Numbered(i), new MailboxAddress("", "sender@example.net"), [new MailboxAddress("", to)]);
        await client.DisconnectAsync(true);
    }

    public static MimeMessage Numbered(int number) => new(
        [new MailboxAddress("Sender", "sender@example.net")], [new MailboxAddress("Alice", "alice@example.org")],
        $"number {number}", new TextPart("plain") { Text = $"body of number {number}\r\n" });
}
