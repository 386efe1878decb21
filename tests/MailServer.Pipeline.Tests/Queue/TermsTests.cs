using System.Text;
using MailServer.Accounts;
using MimeKit;

namespace MailServer.Pipeline.Tests;

/// <summary>What senders ask for: RFC 3461.</summary>
public sealed class TermsTests
{
    private static async Task<Problem?> SendAsync(QueueRig rig, SendingTerms mail, params (string Address, RecipientTerms Terms)[] recipients)
    {
        await using var transaction = await rig.Road.Pipeline.BeginAsync(rig.Road.Envelope with { Terms = mail }, default);
        foreach (var (address, terms) in recipients)
            if (await transaction.AddRecipientAsync(FakeAccounts.AddressOf(address), terms, default) is { } problem)
                return problem;
        await transaction.Body.WriteAsync(Encoding.UTF8.GetBytes(Road.Hello));
        return await transaction.CommitAsync(default);
    }

    private static RecipientTerms On(NotifyOn notify, string? original = null) => new() { Notify = notify, OriginalRecipient = original };

    /// <summary>The groups of a notice as <c>recipient action</c>.</summary>
    private static string[] Read(string notice, out MultipartReport report)
    {
        report = Assert.IsType<MultipartReport>(MimeMessage.Load(new MemoryStream(Encoding.UTF8.GetBytes(notice))).Body);
        return [.. Assert.IsType<MessageDeliveryStatus>(report[1]).StatusGroups.Skip(1).Select(group => $"{group["Final-Recipient"]!.Split("; ")[1]} {group["Action"]}")];
    }

    [Fact]
    public async Task Who_asks_is_told_that_it_is_delivered_here()
    {
        await using var rig = new QueueRig().Start();
        Assert.Null(await SendAsync(rig, new() { EnvelopeId = "QQ 314159", Return = ReturnedContent.Full },
            ("bob@example.org", On(NotifyOn.Success, "rfc822;Bob@Example.org")), ("carol@example.org", On(NotifyOn.Failure)), ("alice+x@example.org", RecipientTerms.None)));
        var notice = Assert.Single(rig.Notices);
        Assert.Equal(["bob@example.org delivered"], Read(notice, out var report));
        var groups = ((MessageDeliveryStatus)report[1]).StatusGroups;
        Assert.Equal("QQ 314159", groups[0]["Original-Envelope-Id"]);
        Assert.Equal("rfc822;Bob@Example.org", groups[1]["Original-Recipient"]);
        Assert.Equal("2.0.0", groups[1]["Status"]);
        // RFC 3461 §4.3: no more than the header, whatever RET says.
        Assert.Equal("text/rfc822-headers", report[2].ContentType.MimeType);
        Assert.DoesNotContain("\nbody", notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_told_that_junk_is_delivered()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Roles.Filters.Add(new FakeFilter("junk") { Message = (_, _) => new(Verdict.Quarantine(99)) });
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("bob@example.org", On(NotifyOn.Success))));
        Assert.Empty(rig.Notices);
    }

    [Theory]
    [InlineData(false, "bob@away.example relayed")]
    [InlineData(true, "")]
    public async Task Who_asks_is_told_where_the_trail_ends(bool takesTerms, string expected)
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => new() { TakesTerms = takesTerms };
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("bob@away.example", On(NotifyOn.Success)), ("carol@away.example", RecipientTerms.None), ("dave@away.example", On(NotifyOn.Never))));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it stays in the queue");
        Assert.Equal(expected, string.Join(' ', rig.Notices.SelectMany(notice => Read(notice, out _))));
    }

    [Fact]
    public async Task Who_wants_to_hear_nothing_hears_nothing()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Never();
        Assert.Null(await SendAsync(rig, SendingTerms.None,
            ("a@away.example", On(NotifyOn.Never)), ("b@away.example", On(NotifyOn.Success)), ("c@away.example", On(NotifyOn.Failure)), ("d@away.example", RecipientTerms.None)));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it stays in the queue");
        Assert.Equal(["c@away.example failed", "d@away.example failed"], Read(Assert.Single(rig.Notices), out _));
    }

    [Fact]
    public async Task Who_wants_no_word_of_delay_gets_none()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later();
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("a@away.example", On(NotifyOn.Failure)), ("b@away.example", On(NotifyOn.Delay | NotifyOn.Failure))));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 2, "no first try");
        await rig.AdvanceAsync(TimeSpan.FromHours(8), TimeSpan.FromMinutes(10));
        Assert.Equal(["b@away.example delayed"], Read(Assert.Single(rig.Notices), out _));
    }

    /// <summary>RFC 8689 §5: what was not to travel in clear does not do so on its way back.</summary>
    [Theory]
    [InlineData(ReturnedContent.Full, false, "message/rfc822", true)]
    [InlineData(ReturnedContent.Full, true, "text/rfc822-headers", false)]
    [InlineData(ReturnedContent.Headers, false, "text/rfc822-headers", false)]
    [InlineData(null, false, "text/rfc822-headers", false)]
    public async Task What_goes_back_is_what_was_asked_for(ReturnedContent? asked, bool requiresTls, string type, bool hasBody)
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = new("me", "away.example") };
        rig.Transport.Answer = address => address.LocalPart == "me" ? SendResult.Sent : FakeTransport.Never();
        Assert.Null(await SendAsync(rig, new() { Return = asked, RequiresTls = requiresTls }, ("a@away.example", RecipientTerms.None)));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0 && rig.Transport.Count == 2, "no notice");
        // The transport has compared the octets with the size that was announced.
        var notice = rig.Transport.Tries[1].Text;
        Assert.Equal(["a@away.example failed"], Read(notice, out var report));
        Assert.Equal(type, report[2].ContentType.MimeType);
        Assert.Equal(hasBody, notice.Contains("\r\nbody\r\n", StringComparison.Ordinal));
        Assert.Contains("Subject: hello", notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_terms_survive_a_restart_and_reach_the_transport()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later();
        var mail = new SendingTerms { EnvelopeId = "e", Return = ReturnedContent.Headers, RequiresTls = true, Priority = -3, DeliverBy = new(rig.Road.Time.GetUtcNow().AddHours(1), true, false) };
        Assert.Null(await SendAsync(rig, mail, ("a@away.example", On(NotifyOn.Never, "rfc822;x"))));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no try");
        await rig.QuietAsync();
        await rig.RestartAsync();
        Assert.Equal(mail, rig.Mail().Terms);
        Assert.Equal(On(NotifyOn.Never, "rfc822;x"), Assert.Single(rig.Mail().To).Terms);
        IOutgoingMessage message = new QueuedMessage(rig.Mail(), "");
        Assert.Equal(mail, message.Terms);
        Assert.Equal("rfc822;x", message.TermsOf(new("a", "away.example")).OriginalRecipient);
    }

    [Fact]
    public async Task Held_mail_waits_for_its_time_for_those_here_too()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.UseAliases(AliasReader.Read(["all@example.org bob@example.org x@away.example"]), rig.Queue);
        var until = rig.Road.Time.GetUtcNow().AddDays(7);
        Assert.Null(await SendAsync(rig, new() { HoldUntil = until }, ("carol@example.org", On(NotifyOn.Success)), ("all@example.org", RecipientTerms.None), ("y@away.example", RecipientTerms.None), ("y@away.example", RecipientTerms.None)));
        await rig.RestartAsync();
        rig.Road.UseAliases(AliasReader.Read(["all@example.org bob@example.org x@away.example"]), rig.Queue);
        Assert.Equal(until, rig.Mail().Next);
        Assert.Equal(["carol@example.org", "all@example.org", "y@away.example"], rig.Mail().To.Select(recipient => recipient.Address));
        await rig.AdvanceAsync(TimeSpan.FromDays(6.9), TimeSpan.FromHours(6));
        Assert.Empty(rig.Road.Store.All);
        Assert.Equal(0, rig.Transport.Count);
        await rig.AdvanceAsync(TimeSpan.FromDays(0.2), TimeSpan.FromHours(1));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it stays in the queue");
        Assert.Equal(["x@away.example", "y@away.example"], rig.Transport.Tries.Select(sent => sent.To).Order());
        Assert.Equal(["bob@example.org/INBOX", "carol@example.org/INBOX"], rig.Road.Store.All.Where(mail => !mail.Text.Contains("multipart/report", StringComparison.Ordinal)).Select(mail => mail.Place).Order());
        Assert.Equal(["carol@example.org delivered"], Read(Assert.Single(rig.Notices), out _));
    }

    [Fact]
    public async Task Who_sends_by_an_alias_is_told_as_that()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.UseAliases(AliasReader.Read(["info@example.org alice@example.org bob@example.org"]), rig.Queue);
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = new("info", "example.org") };
        rig.Transport.Answer = _ => FakeTransport.Never();
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("a@away.example", RecipientTerms.None)));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0 && rig.Notices.Count == 2, "no notice");
        Assert.Equal(["alice@example.org/INBOX", "bob@example.org/INBOX"], rig.Road.Store.All.Select(mail => mail.Place).Order());
        Assert.Equal(["a@away.example failed"], Read(rig.Notices[0], out _));
    }

    [Fact]
    public async Task A_stranger_whose_mail_an_alias_sends_on_in_vain_is_told()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.UseAliases(AliasReader.Read(["out@example.org a@away.example"]), rig.Queue);
        rig.Road.Envelope = rig.Road.Envelope with { User = null, ReversePath = new("me", "sender.example") };
        rig.Transport.Answer = address => address.LocalPart == "a" ? FakeTransport.Never() : SendResult.Sent;
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("out@example.org", RecipientTerms.None)));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0 && rig.Transport.Count == 2, "no notice");
        Assert.Equal("me@sender.example", rig.Transport.Tries[1].To);
        Assert.Contains("Original-Recipient: rfc822;out@example.org", rig.Transport.Tries[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*", "Gesendet", true)]
    [InlineData("Alice@example.org", "Sent", false)]
    [InlineData("bob@example.org", null, false)]
    public async Task What_is_sent_is_kept_where_the_server_is_to_do_it(string keep, string? folder, bool isNamed)
    {
        await using var rig = new QueueRig();
        rig.Road.Options = rig.Road.Options with { KeepSent = [keep] };
        rig.Start();
        if (isNamed)
            rig.Road.Store.Folders = [new() { Name = new("Gesendet"), SpecialUse = "\\Sent" }];
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("a@away.example", RecipientTerms.None), ("carol@example.org", RecipientTerms.None)));
        Assert.Equal(folder is null ? ["carol@example.org/INBOX"] : [$"alice@example.org/{folder}", "carol@example.org/INBOX"], rig.Road.Store.All.Select(mail => mail.Place).Order());
        if (folder is not null)
            Assert.Equal(SystemFlags.Seen, rig.Road.Store.All.Single(mail => mail.Folder == folder).Flags.System);
    }

    [Fact]
    public async Task A_stranger_cannot_have_mail_held()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Envelope = rig.Road.Envelope with { User = null };
        Assert.Null(await SendAsync(rig, new() { HoldUntil = rig.Road.Time.GetUtcNow().AddDays(7) }, ("carol@example.org", RecipientTerms.None)));
        Assert.Equal("carol@example.org/INBOX", Assert.Single(rig.Road.Store.All).Place);
    }

    [Fact]
    public async Task An_address_that_stands_for_several_is_expanded_once_and_they_tell_no_more()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.UseAliases(AliasReader.Read(["all@example.org bob@example.org carol@example.org", "one@example.org bob@example.org"]), rig.Queue);
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("all@example.org", On(NotifyOn.Success))));
        Assert.Equal(["all@example.org expanded"], Read(Assert.Single(rig.Notices), out _));
        Assert.Null(await SendAsync(rig, SendingTerms.None, ("one@example.org", On(NotifyOn.Success))));
        Assert.Equal(["one@example.org delivered"], Read(rig.Notices[1], out _));
    }
}
