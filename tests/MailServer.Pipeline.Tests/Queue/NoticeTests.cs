using MimeKit;

namespace MailServer.Pipeline.Tests;

public sealed class NoticeTests
{
    [Fact]
    public async Task Who_is_refused_goes_back_in_one_notice_and_the_rest_goes_on()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = address => address.LocalPart switch { "gone" or "left" => FakeTransport.Never(), "late" => FakeTransport.Later(), _ => SendResult.Sent };
        Assert.Null(await rig.SendAsync("gone@elsewhere.example", "left@elsewhere.example", "late@elsewhere.example", "bob@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Notices.Count == 1, "no notice");
        await rig.QuietAsync();
        Assert.Equal(["alice@example.org/INBOX"], rig.Road.Store.All.Select(mail => mail.Place));
        var (message, status) = Parse(rig.Notices[0]);
        Assert.Equal("<>", message.Headers["Return-Path"]);
        Assert.Equal("auto-replied", message.Headers["Auto-Submitted"]);
        Assert.Equal("mx.example.org", status.StatusGroups[0]["Reporting-MTA"]!.Split(';')[1].Trim());
        Assert.Equal(3, status.StatusGroups.Count);
        Assert.Equal("rfc822; gone@elsewhere.example", status.StatusGroups[1]["Final-Recipient"]);
        Assert.Equal("failed", status.StatusGroups[1]["Action"]);
        Assert.Equal("5.1.1", status.StatusGroups[1]["Status"]);
        Assert.Equal("smtp; 550 5.1.1 No such user", status.StatusGroups[1]["Diagnostic-Code"]);
        Assert.Equal("dns; mx.elsewhere.example", status.StatusGroups[1]["Remote-MTA"]);
        Assert.Equal("rfc822; left@elsewhere.example", status.StatusGroups[2]["Final-Recipient"]);
        Assert.Contains("Subject: hello", rig.Notices[0], StringComparison.Ordinal);
        Assert.DoesNotContain("\nbody", rig.Notices[0], StringComparison.Ordinal);

        // The one that is late is tried again, and nothing is told twice.
        rig.Transport.Answer = _ => SendResult.Sent;
        rig.Transport.Tries.Clear();
        await rig.AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(["late@elsewhere.example"], rig.Transport.Tries.Select(sent => sent.To));
        Assert.Single(rig.Notices);
        Assert.Equal(0, rig.Queue.Status().Messages);
    }

    [Fact]
    public async Task Where_nobody_answers_for_days_there_is_one_notice_of_delay_and_one_of_failure()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later("no answer", isUnreachable: true);
        Assert.Null(await rig.SendAsync("bob@down.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no first try");
        await rig.AdvanceAsync(TimeSpan.FromHours(3.9), TimeSpan.FromMinutes(10));
        Assert.Empty(rig.Notices);
        await rig.AdvanceAsync(TimeSpan.FromHours(3.2), TimeSpan.FromMinutes(10));
        var (_, late) = Parse(Assert.Single(rig.Notices));
        Assert.Equal("delayed", late.StatusGroups[1]["Action"]);
        Assert.StartsWith("4.", late.StatusGroups[1]["Status"], StringComparison.Ordinal);
        Assert.NotNull(late.StatusGroups[1]["Will-Retry-Until"]);
        // It is tried a good number of times, but not all the time.
        await rig.AdvanceAsync(TimeSpan.FromDays(4.6), TimeSpan.FromMinutes(30));
        Assert.InRange(rig.Transport.Count, 30, 80);
        Assert.Single(rig.Notices);
        await rig.AdvanceAsync(TimeSpan.FromDays(0.5), TimeSpan.FromMinutes(30));
        Assert.Equal(2, rig.Notices.Count);
        var (_, failed) = Parse(rig.Notices[1]);
        Assert.Equal("failed", failed.StatusGroups[1]["Action"]);
        Assert.Equal("4.4.7", failed.StatusGroups[1]["Status"]);
        Assert.Contains("no answer", rig.Notices[1], StringComparison.Ordinal);
        Assert.Equal(0, rig.Queue.Status().Messages);
        Assert.Empty(Directory.EnumerateFiles(rig.Directory, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Nobody_is_told_about_mail_without_a_sender()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = null };
        rig.Transport.Answer = _ => FakeTransport.Never();
        Assert.Null(await rig.SendAsync("gone@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it stays in the queue");
        Assert.Empty(rig.Road.Store.All);
        Assert.Equal(1, rig.Transport.Count);
    }

    [Fact]
    public async Task A_sender_elsewhere_gets_its_notice_by_the_queue_and_a_notice_that_fails_is_the_end()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = new("me", "away.example") };
        rig.Transport.Answer = _ => FakeTransport.Never();
        Assert.Null(await rig.SendAsync("gone@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "something stays in the queue");
        await rig.QuietAsync();
        Assert.Equal(["gone@elsewhere.example", "me@away.example"], rig.Transport.Tries.Select(sent => sent.To));
        Assert.StartsWith("Date: ", rig.Transport.Tries[1].Text, StringComparison.Ordinal);
        Assert.Contains("multipart/report", rig.Transport.Tries[1].Text, StringComparison.Ordinal);
        Assert.Empty(rig.Road.Store.All);
    }

    [Fact]
    public async Task A_notice_that_cannot_be_stored_now_is_stored_later_and_once()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Never();
        rig.Road.Store.Fault = (_, _) => Problem.Unavailable;
        Assert.Null(await rig.SendAsync("gone@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no try");
        await rig.QuietAsync();
        Assert.Equal(1, rig.Queue.Status().Messages);
        await rig.RestartAsync();
        rig.Road.Store.Fault = (_, _) => null;
        await rig.AdvanceAsync(TimeSpan.FromMinutes(7));
        Assert.Single(rig.Notices);
        Assert.Equal(1, rig.Transport.Count);
        Assert.Equal(0, rig.Queue.Status().Messages);
    }

    private static (MimeMessage Message, MessageDeliveryStatus Status) Parse(string text)
    {
        var message = MimeMessage.Load(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)));
        var report = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("delivery-status", report.ReportType);
        Assert.Equal(3, report.Count);
        Assert.Equal("text/rfc822-headers", report[2].ContentType.MimeType);
        return (message, Assert.IsType<MessageDeliveryStatus>(report[1]));
    }
}
