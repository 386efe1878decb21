using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Pipeline.Tests;

/// <summary>What the server writes to an account's owner.</summary>
public sealed class OwnerNoticeTests
{
    [Fact]
    public async Task Broken_rules_are_told_in_a_message_that_nobody_answers_and_that_no_address_breaks()
    {
        var store = new FakeStore();
        var owner = new User { Name = "alice", Address = new("two words\"", "example.org") };
        var complaints = Enumerable.Range(1, 22).Select(i => i == 1 ? new string('é', 500) : $"{i}.csx(1,1): CS1002 ; expected").ToList();

        await new OwnerNotice(store, "mx.example.org", TimeProvider.System, NullLogger.Instance).SendAsync(owner, complaints);

        var delivered = Assert.Single(store.All);
        var lines = delivered.Text.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal("INBOX", delivered.Folder);
        Assert.Contains("Return-Path: <>", lines);
        Assert.Contains("Auto-Submitted: auto-generated", lines);
        Assert.Contains("To: \"two words\\\"\"@example.org", lines);
        Assert.Contains($"  {new string('é', 240)}...", lines);
        Assert.Contains("  20.csx(1,1): CS1002 ; expected", lines);
        Assert.Contains("  and 2 more", lines);
        Assert.DoesNotContain(lines, line => line.Contains("21.csx", StringComparison.Ordinal));
    }
}
