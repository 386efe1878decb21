namespace MailServer.Rules.Tests;

/// <summary>Machines that answer machines fill disks: each row is a mail that gets an answer or gets none (RFC 3834, RFC 5230).</summary>
public sealed class AutomaticReplyTests
{
    [Theory]
    [InlineData("bob@sender.example", "To: alice@example.org", null)]
    [InlineData("bob@sender.example", "Cc: x@y.example, Alice@Example.org", null)]
    [InlineData("bob@sender.example", "Resent-To: alice+shop@example.org", null)]
    [InlineData("bob@sender.example", "To: sales@example.org", null)]
    [InlineData("bob@sender.example", "To: alice@example.org|Auto-Submitted: no", null)]
    [InlineData("bob@sender.example", "To: alice@example.org|X-Auto-Response-Suppress: None", null)]
    [InlineData("", "To: alice@example.org", "it has no sender")]
    [InlineData("MAILER-DAEMON@sender.example", "To: alice@example.org", "its sender is a machine")]
    [InlineData("owner-dev@sender.example", "To: alice@example.org", "its sender is a machine")]
    [InlineData("dev-request@sender.example", "To: alice@example.org", "its sender is a machine")]
    [InlineData("dev-bounces@sender.example", "To: alice@example.org", "its sender is a machine")]
    [InlineData("No-Reply@sender.example", "To: alice@example.org", "its sender is a machine")]
    [InlineData("alice@example.org", "To: alice@example.org", "it is from this account")]
    [InlineData("sales+x@example.org", "To: alice@example.org", "it is from this account")]
    [InlineData("bob@sender.example", "To: alice@example.org|Auto-Submitted: auto-replied", "a machine wrote it")]
    [InlineData("bob@sender.example", "To: alice@example.org|Auto-Submitted: auto-generated; x=y", "a machine wrote it")]
    [InlineData("bob@sender.example", "To: alice@example.org|Precedence: auto_reply", "a machine wrote it")]
    [InlineData("bob@sender.example", "To: alice@example.org|Precedence: bulk", "it was sent to many")]
    [InlineData("bob@sender.example", "To: alice@example.org|Precedence: list", "it was sent to many")]
    [InlineData("bob@sender.example", "To: alice@example.org|List-Id: <dev.example>", "it was sent to many")]
    [InlineData("bob@sender.example", "To: alice@example.org|List-Help: <mailto:x@y.example>", "it was sent to many")]
    [InlineData("bob@sender.example", "To: alice@example.org|List-Unsubscribe: <mailto:x@y.example>", "it was sent to many")]
    [InlineData("bob@sender.example", "To: alice@example.org|X-Auto-Response-Suppress: OOF, DR", "it asks for none")]
    [InlineData("bob@sender.example", "To: list@example.net", "it does not name you in To or Cc")]
    [InlineData("bob@sender.example", "", "it does not name you in To or Cc")]
    public void Only_people_who_write_to_one_are_answered(string sender, string fields, string? reason)
    {
        var facts = new Facts { Origin = new() { Sender = sender } };
        foreach (var field in fields.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(field => field.Split(": ", 2)))
            facts.Header[field[0]] = [field[1]];
        Assert.Equal(reason, AutomaticReplies.WhyNot(new(facts), "alice+news@example.org", "alice@example.org", [new("sales", "example.org")]));
    }

    [Fact]
    public void Junk_is_not_answered() => Assert.Equal("it is junk", AutomaticReplies.WhyNot(
        new(new Facts { Origin = new() { Sender = "bob@sender.example" }, JunkScore = 5, Header = { ["To"] = ["alice@example.org"] } }), "alice@example.org", "alice@example.org", []));

    [Fact]
    public void A_notice_is_no_reason_for_a_notice()
    {
        Assert.Equal("it is a notice itself", AutomaticReplies.WhyNotNotify(Facts.Mail("x", ("Auto-Submitted", "auto-notified; owner-email=\"a@b.example\"")), new("me", "phone.example"), "alice@example.org", "alice@example.org"));
        Assert.Null(AutomaticReplies.WhyNotNotify(Facts.Mail("x", ("Auto-Submitted", "auto-generated")), new("me", "phone.example"), "alice@example.org", "alice@example.org"));
    }
}
