using MailServer.TestKit;

namespace MailServer.Rules.Tests;

/// <summary>Scripts on the whole road: what only shows when a mail comes in and is stored.</summary>
public sealed class RoadTests
{
    private const string Mail = "From: a@sender.example\r\nSubject: hello\r\nMessage-ID: <1@sender.example>\r\n\r\nPlease unsubscribe me.\r\n";

    [Fact]
    public async Task A_note_counts_once_the_mail_is_stored_so_a_retry_is_no_duplicate_of_itself()
    {
        await using var host = new Host();
        using var notes = new TempDirectory();
        host.Write("10.csx", "if (IsDuplicate()) { FileInto(\"Duplicates\"); Stop(); }");
        var isFull = true;
        var road = new Road { Rules = await host.StartAsync() };
        road.Store.NotesFolder = notes.Path;
        road.Store.Fault = (_, _) => isFull ? Problem.StorageFull : null;

        Assert.Equal(Problem.StorageFull, await road.SendAsync(Mail, "alice@example.org"));
        isFull = false;
        Assert.Null(await road.SendAsync(Mail, "alice@example.org"));
        Assert.Null(await road.SendAsync(Mail, "alice@example.org"));
        Assert.Null(await road.SendAsync(Mail, "bob@example.org"));
        Assert.Equal(["alice@example.org/INBOX", "alice@example.org/Duplicates", "bob@example.org/INBOX"], road.Store.All.Select(copy => copy.Place));

        road.Time.Advance(TimeSpan.FromDays(8));
        Assert.Null(await road.SendAsync(Mail, "alice@example.org"));
        Assert.Equal("INBOX", road.Store.All[^1].Folder);
    }

    [Fact]
    public async Task A_mail_that_is_refused_leaves_no_note()
    {
        await using var host = new Host();
        using var notes = new TempDirectory();
        host.Write("10.csx", "if (Remembers(\"here\")) FileInto(\"Again\"); Remember(\"here\", 1.Days()); Reject(\"no\");");
        var road = new Road { Rules = await host.StartAsync() };
        road.Store.NotesFolder = notes.Path;
        Assert.Equal("no", (await road.SendAsync(Mail, "alice@example.org"))?.Text);
        Assert.Equal("no", (await road.SendAsync(Mail, "alice@example.org"))?.Text);
        Assert.Empty(road.Store.All);
        Assert.Empty(Directory.GetFiles(notes.Path));
    }

    [Fact]
    public async Task A_script_sees_how_the_mail_came_its_text_and_the_accounts_folders()
    {
        await using var host = new Host();
        host.Write("10.csx", """
            if (Mail.Body.Has("UNSUBSCRIBE") && Folders.Find("newsletters") is { } folder)
                FileInto(folder, flags: [Seen]);
            AddFlag($"$from-{Envelope.ClientIp}");
            AddFlag($"$to-{Envelope.Recipient.LocalPart}-{Envelope.Account}");
            AddFlag($"$by-{Envelope.Sender}-{Envelope.Helo}");
            AddFlag($"$at-{Now:yyyyMMddHHmm}");
            """);
        var road = new Road { Rules = await host.StartAsync() };
        road.Time.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromHours(2), "x", "x"));
        road.Store.Folders = [new() { Name = FolderName.Inbox }, new() { Name = new("Read/Newsletters") }, new() { Name = new("Newsletters"), IsSelectable = false }];
        Assert.Null(await road.SendAsync(Mail, "alice+x@example.org"));
        var copy = Assert.Single(road.Store.All);
        Assert.Equal(("Read/Newsletters", SystemFlags.Seen), (copy.Folder, copy.Flags.System));
        Assert.Equal(
            ["$from-192.0.2.1", "$to-alice+x-alice@example.org", "$by-a@sender.example-client.example", "$at-202611240807"],
            Assert.Single(road.Reports).Delivery.Flags);
    }

    [Fact]
    public async Task A_script_that_asks_for_the_text_of_a_huge_mail_holds_a_bounded_part_of_it()
    {
        await using var host = new Host();
        host.Write("10.csx", "if (!Mail.Body.Has(\"needle\")) FileInto(\"Without\");");
        var road = new Road { Rules = await host.StartAsync() };
        Assert.Null(await road.SendAsync("Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat("hay hay hay hay hay hay hay hay\r\n", 100_000)) + "needle\r\n", "alice@example.org"));
        Assert.Equal("Without", Assert.Single(road.Store.All).Folder);
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name!.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Random_mails_never_make_a_script_fail()
    {
        await using var host = new Host();
        host.Write("10.csx", """
            var all = $"{Mail.From} {Mail.To} {Mail.Cc} {Mail.Bcc} {Mail.ReplyTo} {Mail.Sender} {Mail.AddressesIn("Resent-To")} {Mail.Subject} {Mail.List} {Mail.IsList} {Mail.IsBulk} {Mail.IsAutomatic}"
                + $"{Mail.MessageId} {Mail.Date:O} {Mail.Received:O} {Mail.Size} {Mail.JunkScore} {Mail.IsAuthentic} {Mail.Auth.Dkim.Domain} {Mail.Body.Find("a+")} {Mail.HasAttachment("*")}"
                + string.Join(' ', Mail.Attachments.Select(file => $"{file.Name} {file.Type} {file.Size}")) + $"{Envelope.Sender} {Envelope.IsFrom("::/0")} {Folders.Junk} {IsDuplicate()}";
            FileInto($"All/{all.Length > 0}");
            """);
        var engine = await host.StartAsync();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["From: ", "To: a@b, ", "Subject: ", "Date: ", "Message-ID: <", "List-Id: <", ">", "\r\n", "\r\n ", "\r\n\r\n", "=?utf-8?q?=00?=", "Content-Type: multipart/mixed; boundary=x", "--x", "Content-Type: text/html", "<b>", "\0", "ÿ", "@", "\"", "(", "Authentication-Results: ", "x"];
        for (var i = 0; i < 300; i++)
        {
            var road = new Road { Rules = engine };
            var text = string.Concat(Enumerable.Range(0, random.Next(50)).Select(_ => pieces[random.Next(pieces.Length)]));
            Assert.Null(await road.SendAsync(text, "alice@example.org"));
            Assert.True(road.Store.All is [{ Folder: "All/True" }], $"seed {seed}, turn {i}: {string.Join('|', road.Log.Lines)}\n{text}");
        }
    }
}
