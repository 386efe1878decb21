using MailServer.TestKit;

namespace MailServer.Rules.Tests;

/// <summary>The rules of scripts/examples together, as they are in service: sample mails go the whole road, and each ends where its rule says.</summary>
public sealed class ExampleTests
{
    private static string Attached(string type, string name) =>
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee there.\n--b\n"
        + $"Content-Type: {type}\nContent-Disposition: attachment; filename=\"{name}\"\n\nAAAA\n--b--\n";

    private static readonly (string Name, string To, string Fields, string Body, string Folders, string Flags, string Decided)[] Table =
    [
        ("a friend", "alice", "From: carol@example.net\nSubject: Lunch?", "", "INBOX", "", ""),
        ("a list", "alice", "From: j@example.com\nList-Id: Development\n <Dev.Lists.example.org>\nSubject: [dev] files", "", "Lists/dev.lists.example.org", "", "10-lists.csx(7) FileInto(\"Lists/dev.lists.example.org\"), 10-lists.csx(10) Stop()"),
        ("an announcement", "alice", "From: j@example.com\nList-Id: <dev.lists.example.org>\nSubject: =?utf-8?q?=5BANNOUNCE=5D_2=2E2?=", "", "Lists/dev.lists.example.org", "\\Flagged", "10-lists.csx(7) FileInto(\"Lists/dev.lists.example.org\"), 10-lists.csx(9) AddFlag(\"\\\\Flagged\"), 10-lists.csx(10) Stop()"),
        ("a list that climbs", "alice", "From: j@example.com\nList-Id: <../../../etc>\nSubject: x", "", "INBOX", "", "10-lists.csx(7) FileInto(\"Lists/../../../etc\"): not a folder name, kept in INBOX, 10-lists.csx(10) Stop()"),
        ("a forged bank", "alice", "From: \"Bank\" <security@login.BANK.example>\nSubject: URGENT", "", "Junk", "$Junk", "20-junk.csx(10) FileInto(\"Junk\"), 20-junk.csx(11) AddFlag(\"$Junk\"), 20-junk.csx(12) Stop()"),
        ("a forged bank that claims to be checked", "alice", "Authentication-Results: mx.example.org; dmarc=pass\nFrom: security@bank.example\nSubject: URGENT", "", "Junk", "$Junk", "20-junk.csx(10) FileInto(\"Junk\"), 20-junk.csx(11) AddFlag(\"$Junk\"), 20-junk.csx(12) Stop()"),
        ("another bank", "alice", "From: info@notbank.example\nSubject: hi", "", "INBOX", "", ""),
        ("the real bank", "alice", "X-Test: authentic\nFrom: info@bank.example\nSubject: statement", "", "INBOX", "", ""),
        ("junk", "alice", "X-Test: junk\nFrom: a@b.example\nSubject: win", "", "Junk", "$Junk", "20-junk.csx(10) FileInto(\"Junk\"), 20-junk.csx(11) AddFlag(\"$Junk\"), 20-junk.csx(12) Stop()"),
        ("a quarantined mail", "alice", "X-Test: quarantine\nFrom: a@b.example\nSubject: win", "", "Junk", "$Junk", "20-junk.csx(10) FileInto(\"Junk\"), 20-junk.csx(11) AddFlag(\"$Junk\"), 20-junk.csx(12) Stop()"),
        ("a project", "alice", "From: Erin <erin@work.example>\nSubject: Re: [Apollo] launch date", "", "Work/apollo", "", "30-work.csx(9) FileInto(\"Work/apollo\"), 30-work.csx(10) Stop()"),
        ("other work", "alice", "From: erin@lab.work.example\nSubject: coffee", "", "Work", "", "30-work.csx(9) FileInto(\"Work\"), 30-work.csx(10) Stop()"),
        ("a mail that comes twice", "alice", "From: carol@example.net\nMessage-ID: <twice@example.net>\nSubject: once", "", "INBOX", "", ""),
        ("its copy by an alias", "alice+x", "From: carol@example.net\nMessage-ID: <twice@example.net>\nSubject: twice", "", "Duplicates{\\Seen}", "", "05-duplicates.csx(6) FileInto(\"Duplicates\", [\"\\\\Seen\"]), 05-duplicates.csx(7) Stop()"),
        ("a closed address", "alice+OldShop", "From: news@oldshop.example\nSubject: buy", "", "!This address is closed.", "", "15-closed.csx(8) Reject(\"This address is closed.\"), 15-closed.csx(9) Stop()"),
        ("a ticket", "alice", "From: desk@example.com\nSubject: Re: [Ticket #4711] printer", "", "Tickets/4711", "", "35-tickets.csx(6) FileInto(\"Tickets/4711\"), 35-tickets.csx(9) Stop()"),
        ("a ticket that is done", "alice", "From: desk@example.com\nSubject: SOLVED: [ticket 4712]", "", "Tickets/4712", "\\Seen", "35-tickets.csx(6) FileInto(\"Tickets/4712\"), 35-tickets.csx(8) AddFlag(\"\\\\Seen\"), 35-tickets.csx(9) Stop()"),
        ("an alarm", "bob", "From: watch@monitor.example\nSubject: disk full", "", "Alarms", "\\Flagged", "75-alarms.csx(7) FileInto(\"Alarms\"), 75-alarms.csx(12) AddFlag(\"\\\\Flagged\"), 75-alarms.csx(13) Remember(\"alarm:disk full\"), 75-alarms.csx(16) Stop()"),
        ("the same alarm again", "bob", "From: watch@monitor.example\nX-N: 2\nSubject: disk full", "", "Alarms", "\\Seen", "75-alarms.csx(7) FileInto(\"Alarms\"), 75-alarms.csx(9) AddFlag(\"\\\\Seen\"), 75-alarms.csx(16) Stop()"),
        ("a receipt", "alice", "From: noreply@tickets.example\nDate: Tue, 24 Nov 2026 06:07:08 +0000\nSubject: =?utf-8?q?Your_receipt=3A_K=C3=B6ln?=", "", "Receipts/2026", "\\Seen", "40-receipts.csx(8) FileInto(\"Receipts/2026\"), 40-receipts.csx(9) AddFlag(\"\\\\Seen\"), 40-receipts.csx(12) Stop()"),
        ("a receipt with a document, long ago", "alice", "From: orders@shop.example\nDate: Fri, 13 Feb 2009 23:31:30 +0000\nSubject: Invoice 19", Attached("application/pdf", "r-19.PDF"), "Receipts/2009 Bookkeeping", "\\Seen", "40-receipts.csx(8) FileInto(\"Receipts/2009\"), 40-receipts.csx(9) AddFlag(\"\\\\Seen\"), 40-receipts.csx(11) CopyTo(\"Bookkeeping\"), 40-receipts.csx(12) Stop()"),
        ("a receipt with a broken date", "alice", "From: orders@shop.example\nDate: yesterday\nSubject: Receipt", "", "Receipts/2026", "\\Seen", "40-receipts.csx(8) FileInto(\"Receipts/2026\"), 40-receipts.csx(9) AddFlag(\"\\\\Seen\"), 40-receipts.csx(12) Stop()"),
        ("a plus address", "alice+Travel", "From: zoe@example.net\nSubject: Brittany", "", "Plus/travel", "", "50-plus.csx(7) FileInto(\"Plus/travel\"), 50-plus.csx(8) Stop()"),
        ("a plus address that climbs", "alice+../../x", "From: zoe@example.net\nSubject: x", "", "INBOX", "", "50-plus.csx(7) FileInto(\"Plus/../../x\"): not a folder name, kept in INBOX, 50-plus.csx(8) Stop()"),
        ("an invitation", "alice", "From: erin@example.com\nSubject: retrospective", Attached("text/calendar; method=REQUEST", "invite.bin"), "INBOX Calendar", "$Invitation", "60-invitations.csx(6) CopyTo(\"Calendar\"), 60-invitations.csx(7) AddFlag(\"$Invitation\")"),
        ("an invitation as a file", "alice", "From: erin@example.com\nSubject: retrospective", Attached("application/octet-stream", "=?utf-8?q?M=C3=BCnchen=2Eics?="), "INBOX Calendar", "$Invitation", "60-invitations.csx(6) CopyTo(\"Calendar\"), 60-invitations.csx(7) AddFlag(\"$Invitation\")"),
        ("a newsletter", "bob", "From: news@shop.example\nList-Unsubscribe: <https://shop.example/u>\nPrecedence: bulk\nSubject: 20 %", "", "Newsletters", "", "70-newsletters.csx(10) FileInto(\"Newsletters\"), 70-newsletters.csx(11) Stop()"),
        ("bulk", "bob", "From: news@x.example\nPRECEDENCE: Bulk\nSubject: 20 %", "", "Newsletters", "", "70-newsletters.csx(10) FileInto(\"Newsletters\"), 70-newsletters.csx(11) Stop()"),
        ("a machine", "bob", "From: Cron Daemon <root@host.example>\nSubject: backup done", "", "Machines", "\\Seen", "80-machines.csx(20) FileInto(\"Machines\"), 80-machines.csx(21) AddFlag(\"\\\\Seen\"), 80-machines.csx(24) Stop()"),
        ("a machine's alarm", "bob", "From: watch@host.example\nAuto-Submitted: auto-generated\nSubject: disk FAILURE", "", "INBOX", "\\Flagged", "80-machines.csx(15) Keep(), 80-machines.csx(16) AddFlag(\"\\\\Flagged\"), 80-machines.csx(24) Stop()"),
        ("a person who says so", "bob", "From: carol@example.net\nAuto-Submitted: no\nSubject: x", "", "INBOX", "", ""),
        ("a big attachment", "bob", "From: carol@example.net\nSubject: photos", "BIG", "Big", "", "90-big.csx(7) FileInto(\"Big\")"),
        ("a long text", "bob", "From: carol@example.net\nSubject: my novel", "LONG", "INBOX", "", ""),
    ];

    private static string Folder => Path.Combine(Repository.Root, "scripts", "examples");

    [Fact]
    public async Task Each_mail_ends_where_its_rule_says()
    {
        await using var host = new Host();
        var engine = await host.StartAsync(host.Options with { GlobalDirectory = Folder });
        Assert.All(engine.Status().Rules, rule => Assert.Equal((rule.File, RuleState.Live, 0), (rule.File, rule.State, rule.Diagnostics.Count)));

        using var notes = new TempDirectory();
        var wrong = new List<string>();
        foreach (var (name, to, fields, body, folders, flags, decided) in Table)
        {
            var road = new Road { Rules = engine };
            road.Roles.Filters.Add(Filter());
            road.Store.NotesFolder = notes.Path;
            var problem = await road.SendAsync(TextOf(fields, body), $"{to}@example.org");
            var delivery = Assert.Single(road.Reports).Delivery;
            List<FolderName> places = [.. new[] { delivery.Folder }.OfType<FolderName>().Concat(delivery.Copies)];
            var was = (problem is null ? string.Join(' ', places.Select(place => delivery.FlagsIn.TryGetValue(place, out var own) ? $"{place}{{{string.Join(',', own)}}}" : place.Value)) : $"!{problem.Text}",
                string.Join(' ', delivery.Flags),
                string.Join(", ", delivery.Steps.Select(step => $"{step.Rule}({step.Line}) {step.Action}")));
            if (was != (folders, flags, decided))
                wrong.Add($"{name}\n  expected {(folders, flags, decided)}\n  was      {was}");
            Assert.Equal(places.Select(place => place.Value).Order(), road.Store.All.Select(copy => copy.Folder).Order());
        }

        Assert.Empty(wrong);
        Assert.All(engine.Status().Rules, rule => Assert.Equal((rule.File, 0), (rule.File, (int)rule.Failures)));
    }

    [Fact]
    public void Each_example_says_what_it_is_for_and_is_met_by_a_mail()
    {
        var scripts = Directory.GetFiles(Folder, "*.csx").Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        Assert.InRange(scripts.Count, 8, 20);
        foreach (var script in scripts)
        {
            Assert.Matches("^[0-9][0-9]-[a-z]+\\.csx$", script);
            Assert.StartsWith("// ", File.ReadLines(Path.Combine(Folder, script!)).First(), StringComparison.Ordinal);
            Assert.Contains(Table, row => row.Decided.StartsWith(script!, StringComparison.Ordinal));
        }
    }

    private static string TextOf(string fields, string body)
    {
        var text = body switch
        {
            "BIG" => fields + "\n" + Attached("image/jpeg", "photo.jpg").Replace("AAAA", string.Concat(Enumerable.Repeat(new string('A', 76) + "\n", 70_000)), StringComparison.Ordinal),
            "LONG" => fields + "\n\n" + string.Concat(Enumerable.Repeat(new string('A', 76) + "\n", 70_000)),
            "" => fields + "\n\nHello.\n",
            _ => fields + "\n" + body,
        };
        return text.ReplaceLineEndings("\r\n");
    }

    /// <summary>Stands for the filters: does what a mail's X-Test field says.</summary>
    private static FakeFilter Filter() => new("test")
    {
        Message = (message, _) =>
        {
            if (message.Header("X-Test") == "authentic")
                message.Prepend("Authentication-Results", "mx.example.org 1; spf=fail; dmarc=pass (p=reject) header.from=bank.example");
            return new(message.Header("X-Test") switch
            {
                "junk" => Verdict.Weigh(5.5),
                "quarantine" => Verdict.Quarantine(0.5),
                _ => Verdict.Weigh(0.1),
            });
        },
    };
}
