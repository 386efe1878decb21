namespace MailServer.Storage.Tests;

/// <summary>What a rule did at a delivery is taken back as the journal tells it: what other rules decided stands.</summary>
public sealed class UndoRuleTests
{
    private static readonly DateTimeOffset Long = DateTimeOffset.UnixEpoch;

    // Where it was delivered, by which steps (rule:line action); what is undone; where it is then.
    [Theory]
    [InlineData("Junk", @"\Seen $Junk", "a:1 FileInto(\"Junk\")|a:2 AddFlag(\"\\\\Seen\")|a:2 AddFlag(\"$Junk\")|a:3 Stop()", null, "INBOX [None]")]
    [InlineData("Junk", @"\Flagged", "b:1 AddFlag(\"\\\\Flagged\")|a:1 FileInto(\"Junk\")", null, "INBOX [Flagged]")]
    [InlineData("Junk", @"\Flagged $x", "a:1 AddFlag(\"$x\")|a:2 FileInto(\"Junk\")|b:1 AddFlag(\"\\\\Flagged\")", 1, "Junk [Flagged]")]
    [InlineData("Junk", @"\Flagged $x", "a:1 AddFlag(\"$x\")|a:2 FileInto(\"Junk\")|b:1 AddFlag(\"\\\\Flagged\")", 2, "INBOX [Flagged $x]")]
    [InlineData("INBOX Paper", "", "a:1 CopyTo(\"Paper\")", null, "INBOX [None]")]
    [InlineData("Work Paper", "", "b:1 FileInto(\"Work\")|a:1 CopyTo(\"Paper\")", null, "Work [None]")]
    [InlineData("Work Paper", "", "b:1 FileInto(\"Work\")|a:1 CopyTo(\"Paper\")", 7, null)]
    [InlineData("Work Paper", "", "a:1 FileInto(\"Work\")|b:1 FileInto(\"Paper\")", null, "Paper [None]")]
    [InlineData("Work Paper Other", "", "a:1 FileInto(\"Work\")|a:2 FileInto(\"Paper\")|a:3 FileInto(\"Other\")", null, "INBOX [None]")]
    [InlineData("Work INBOX", "", "a:1 FileInto(\"Work\")|b:1 Keep()", null, "INBOX [None]")]
    [InlineData("Lists/a \"b\"", "", "a:1 FileInto(\"Lists/a \\\"b\\\"\")", null, "INBOX [None]")]
    [InlineData("Junk", @"\Flagged $Junk", "b:1 AddFlag(\"\\\\Flagged\")|b:2 Remember(\"k\")|a:1 Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")", null, "INBOX [Flagged]")]
    [InlineData("Work Junk", "$Junk", "a:1 FileInto(\"Work\")|b:1 Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")", null, "Junk [None $Junk]")]
    [InlineData("Work", @"\Seen", "b:1 AddFlag(\"$x\")|b:2 SetFlags(\"\\\\Flagged\", \"$y\")|b:3 RemoveFlag(\"$y\")|a:1 FileInto(\"Work\", [\"\\\\Seen\"])", null, "INBOX [Flagged]")]
    [InlineData("Work Other", "", "a:1 FileInto(\"Work\")|b:1 FileInto(\"Other\", [])", null, "Other [None]")]
    [InlineData("Work", "", "b:1 Discard()|a:1 FileInto(\"Work\")", null, "INBOX [None]")]
    [InlineData("INBOX", "$NotJunk", "b:1 Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")|a:1 NotJunk(\"Junk\")", null, "Junk [None $Junk]")]
    [InlineData("Work", "$NotJunk", "a:1 FileInto(\"Work\")|b:1 Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")|b:2 NotJunk(\"Junk\")", null, "INBOX [None $NotJunk]")]
    [InlineData("Junk", "1 2 3 4 5 6 7", "a:1 FileInto(\"Junk\")|b:1 AddFlag(\"1\")|b:1 AddFlag(\"2\")|b:1 AddFlag(\"3\")|b:1 AddFlag(\"4\")|b:1 AddFlag(\"5\")|b:1 AddFlag(\"6\")|b:1 AddFlag(\"7\")|b:1 AddFlag(\"7\")|b:2 Stop()", null, "INBOX [None 1 2 3 4 5 6 7]")]
    public async Task A_message_goes_where_it_would_have_been_without_the_rule(string folders, string flags, string steps, int? line, string? after)
    {
        await using var scene = new RunScene(new TestStore());
        await DeliverAsync(scene, folders.Contains('"', StringComparison.Ordinal) ? [folders] : folders.Split(' '), flags, steps);
        var before = await scene.LookAsync();
        var plan = UndoPlan.OfRule(scene.Test.Maildir, new("a", line), Long, null);
        await scene.UndoAsync(plan, "undo");
        var expected = after is null ? before : after.Replace(" [", ": Subject: x [", StringComparison.Ordinal);
        Assert.Equal(expected, await scene.LookAsync());

        // And the undo can be undone, and a second one finds nothing to do.
        if (after is null)
            return;
        Assert.Equal(0, (await scene.UndoAsync(UndoPlan.OfRule(scene.Test.Maildir, new("a", line), Long, null), "again")).Done);
        await scene.UndoAsync(ChangeRun.List(scene.Test.Maildir)[0].Id);
        Assert.Equal(before, await scene.LookAsync());
    }

    [Theory]
    [InlineData("a:1 FileInto(\"Junk\")|a:2 AddFlag(\"$Junk\")|a:3 Stop()", 1)]
    [InlineData("b:9 AddFlag(\"$x\")|a:4 Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")|a:5 Stop()|b:8 CopyTo(\"Junk\")", 4)]
    [InlineData("a:2 AddFlag(\"$Junk\")|a:3 Stop()", 3)]
    public async Task A_change_names_the_line_that_had_filed_the_message(string steps, int line)
    {
        await using var scene = new RunScene(new TestStore());
        await DeliverAsync(scene, ["Junk"], "$Junk", steps);
        Assert.Equal(line, Assert.Single(UndoPlan.OfRule(scene.Test.Maildir, new("a"), Long, null).Changes).Why?.Line);
    }

    [Theory]
    [InlineData("a:1 FileInto(\"Junk\")|b:1 Vanish(1, 2)", ChangeSkips.Unclear)]
    [InlineData("a:1 FileInto(\"Junk\")|b:1 FileInto(\"cut off…", ChangeSkips.Unclear)]
    [InlineData("b:2 Stop()|a:1 FileInto(\"Junk\")|more", ChangeSkips.Unclear)]
    public async Task What_the_journal_does_not_tell_is_left_alone_and_counted(string steps, string reason)
    {
        await using var scene = new RunScene(new TestStore());
        await DeliverAsync(scene, ["Junk"], "", steps.Replace("more", string.Join('|', Enumerable.Repeat("b:1 AddFlag(\"x\")", 23)), StringComparison.Ordinal));
        var before = await scene.LookAsync();
        var (_, done, skips) = await scene.UndoAsync(UndoPlan.OfRule(scene.Test.Maildir, new("a"), Long, null), "undo");
        Assert.Equal((0, 1), (done, skips[reason]));
        Assert.Equal(before, await scene.LookAsync());
    }

    [Fact]
    public async Task What_was_discarded_is_counted()
    {
        await using var scene = new RunScene(new TestStore());
        await using var account = await scene.Test.AccountAsync();
        scene.Test.Store.WriteJournal(TestStore.Alice, new() { Event = JournalEvents.Discarded, Delivery = new() { Id = "1", Steps = [new("a", 1, "Discard()")] } });
        var (_, done, skips) = await scene.UndoAsync(UndoPlan.OfRule(scene.Test.Maildir, new("a"), Long, null), "undo");
        Assert.Equal((0, 1), (done, skips[ChangeSkips.Discarded]));
    }

    [Theory]
    [InlineData(true, "Paper [None]")]
    [InlineData(false, "Work [None]")]
    public async Task An_accounts_own_script_and_an_administrators_of_the_same_name_are_two_rules(bool isOwn, string after)
    {
        await using var scene = new RunScene(new TestStore());
        await DeliverAsync(scene, ["Paper", "Work"], "", "a:1 FileInto(\"Paper\")|own a:1 FileInto(\"Work\")");
        var plan = UndoPlan.OfRule(scene.Test.Maildir, new("a", IsOwn: isOwn), Long, null);
        Assert.Equal(isOwn, Assert.Single(plan.Changes).Why?.IsOwn);
        await scene.UndoAsync(plan, "undo");
        Assert.Equal(after.Replace(" [", ": Subject: x [", StringComparison.Ordinal), await scene.LookAsync());
    }

    [Fact]
    public async Task What_came_before_or_after_the_time_asked_for_stays()
    {
        await using var scene = new RunScene(new TestStore());
        await DeliverAsync(scene, ["Junk"], "", "a:1 FileInto(\"Junk\")");
        Assert.Empty(UndoPlan.OfRule(scene.Test.Maildir, new("a"), TimeProvider.System.GetUtcNow().AddHours(1), null).Changes);
        Assert.Empty(UndoPlan.OfRule(scene.Test.Maildir, new("a"), Long, TimeProvider.System.GetUtcNow().AddHours(-1)).Changes);
        Assert.Single(UndoPlan.OfRule(scene.Test.Maildir, new("a"), Long, TimeProvider.System.GetUtcNow().AddHours(1)).Changes);
    }

    private static async Task DeliverAsync(RunScene scene, string[] folders, string flags, string steps)
    {
        foreach (var folder in folders)
        {
            var path = await scene.Test.DeliverAsync("Subject: x\r\n\r\nx\r\n", folder, FlagText.Read(flags));
            scene.Test.Store.WriteJournal(TestStore.Alice, new()
            {
                Event = JournalEvents.Delivered,
                Folder = folder,
                Message = MessageName.BaseOf(Path.GetFileName(path)).ToString(),
                Flags = flags.Length > 0 ? flags : null,
                Delivery = new() { Id = "1", Recipient = "alice@example.org", Steps = [.. steps.Split('|').Select(StepOf)] },
            });
        }
    }

    private static JournalStep StepOf(string text)
    {
        var isOwn = text.StartsWith("own ", StringComparison.Ordinal);
        text = isOwn ? text["own ".Length..] : text;
        var (colon, blank) = (text.IndexOf(':', StringComparison.Ordinal), text.IndexOf(' ', StringComparison.Ordinal));
        return new(text[..colon], int.Parse(text.AsSpan(colon + 1, blank - colon - 1), System.Globalization.CultureInfo.InvariantCulture), text[(blank + 1)..]) { IsOwn = isOwn };
    }
}
