namespace MailServer.Storage.Tests;

/// <summary>What is put into the folder for junk, or out of it, teaches; what undo puts back is taken back; each once, whoever wrote the journal.</summary>
public sealed class LessonTests
{
    private static readonly LessonFolders Folders = new("Junk", "Trash");

    private readonly List<string> _lessons = [];

    // A line of the journal: event, from, to, by, why. Then the lesson.
    [Theory]
    [InlineData("delivered", null, "Junk", "smtp", null, "learn junk Rule")]
    [InlineData("delivered", null, "INBOX", "smtp", null, null)]
    [InlineData("appended", null, "Junk", "imap", null, "learn junk Owner")]
    [InlineData("added", null, "Junk", "outside", null, "learn junk Owner")]
    [InlineData("moved", "INBOX", "Junk", "imap", null, "learn junk Owner")]
    [InlineData("copied", "INBOX", "Junk", "imap", null, "learn junk Owner")]
    [InlineData("moved", "Junk", "INBOX", "imap", null, "learn ham Owner")]
    [InlineData("moved", "Junk", "Friends", "outside", null, "learn ham Owner")]
    [InlineData("moved", "Junk", "Trash", "imap", null, null)]
    [InlineData("moved", "Trash", "Junk", "imap", null, "learn junk Owner")]
    [InlineData("moved", "INBOX", "Work", "imap", null, null)]
    [InlineData("removed", null, "Junk", "imap", null, null)]
    [InlineData("moved", "INBOX", "Junk", "rule", "Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")", "learn junk Rule")]
    [InlineData("moved", "Junk", "Work", "rule", "FileInto(\"Work\")", "learn ham Rule")]
    [InlineData("moved", "Junk", "INBOX", "undo", "Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")", "unlearn junk Rule")]
    [InlineData("moved", "INBOX", "Junk", "undo", "Junk(): FileInto(\"Junk\"), AddFlag(\"$Junk\")", "learn junk Rule")]
    [InlineData("moved", "Work", "Junk", "undo", "FileInto(\"Work\")", "unlearn ham Rule")]
    [InlineData("moved", "Junk", "Work", "undo", "FileInto(\"Work\")", "learn ham Rule")]
    [InlineData("moved", "INBOX", "Junk", "undo", "NotJunk(\"Junk\")", "unlearn ham Rule")]
    [InlineData("moved", "Junk", "INBOX", "undo", "NotJunk(\"Junk\")", "learn ham Rule")]
    [InlineData("removed", null, "Junk", "undo", "CopyTo(\"Junk\")", "unlearn junk Rule")]
    [InlineData("moved", "INBOX", "Work", "undo", "FileInto(\"Junk\")", null)]
    public void A_line_of_the_journal_teaches(string what, string? from, string to, string by, string? action, string? lesson)
    {
        var line = LessonLine.Of(new()
        {
            Event = what,
            By = by == "undo" ? "command" : by,
            Session = by == "undo" ? "undo 20261124T150030" : null,
            Folder = to,
            Message = "1.a.host",
            EmailId = "Mabc",
            From = from is null ? null : new() { Folder = from, Message = "1.b.host" },
            Why = action is null ? null : new("a", 1, action),
        }, Folders);
        Assert.Equal(lesson, line is { } taught ? Say(taught.IsJunk, taught.IsTakenBack, taught.Teacher) : null);
        Assert.True(line is null || line.Value.EmailId == "Mabc");
    }

    [Fact]
    public async Task A_message_is_known_by_one_name_from_its_delivery_to_the_undo_of_the_undo_and_can_be_read_each_time()
    {
        await using var scene = new RunScene(new TestStore());
        var path = await scene.Test.DeliverAsync("Subject: x\r\n\r\nbuy\r\n", "Junk");
        scene.Test.Store.WriteJournal(TestStore.Alice, new()
        {
            Event = JournalEvents.Delivered,
            Folder = "Junk",
            Message = MessageName.BaseOf(Path.GetFileName(path)).ToString(),
            Delivery = new() { Id = "1", Steps = [new("a", 1, "FileInto(\"Junk\")")] },
        });
        await TeachAsync(scene, reads: true);
        await scene.UndoAsync(UndoPlan.OfRule(scene.Test.Maildir, new("a"), DateTimeOffset.UnixEpoch, null), "undo");
        await TeachAsync(scene, reads: true);
        await scene.UndoAsync(ChangeRun.List(scene.Test.Maildir)[0].Id);
        await TeachAsync(scene, reads: true);
        await using (var view = await scene.Test.ViewAsync("Junk"))
            Assert.Null((await view.MoveAsync([1], FolderName.Inbox, TestStore.Token)).Problem);
        await TeachAsync(scene, reads: true);

        Assert.Equal(["learn junk Rule", "unlearn junk Rule", "learn junk Rule", "learn ham Owner"], _lessons.ConvertAll(line => line[..line.IndexOf(':')]));
        var id = Assert.Single(_lessons.Select(line => line[(line.IndexOf(':') + 1)..]).Distinct());
        await using var inbox = await scene.Test.ViewAsync();
        Assert.Equal($"{inbox.EmailIdAt(1)}:buy", id);
    }

    [Fact]
    public async Task Each_lesson_is_given_once_over_restarts_and_one_whose_message_has_gone_is_given_without_it()
    {
        await using var scene = new RunScene(new TestStore());
        await using (var account = await scene.Test.AccountAsync())
            Assert.Null(await account.CreateAsync(new("Junk"), null, TestStore.Token));
        for (var i = 0; i < 3; i++)
            await scene.Test.AppendAsync($"Subject: {i}\r\n\r\nbody {i}\r\n");
        await using (var view = await scene.Test.ViewAsync())
            Assert.Null((await view.MoveAsync([1, 2], new("Junk"), TestStore.Token)).Problem);
        await TeachAsync(scene, reads: true);
        await scene.Test.RestartAsync();
        await TeachAsync(scene, reads: true);
        Assert.Equal(2, _lessons.Count);

        await using (var view = await scene.Test.ViewAsync())
            Assert.Null((await view.MoveAsync([1], new("Junk"), TestStore.Token)).Problem);
        await using (var view = await scene.Test.ViewAsync("Junk"))
            Assert.Null((await view.ExpungeAsync([3], TestStore.Token)).Problem);

        await scene.Test.RestartAsync();
        await TeachAsync(scene, reads: true);
        Assert.EndsWith(":gone", Assert.Single(_lessons.Skip(2)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_line_waits_for_its_end_and_a_broken_mark_begins_anew()
    {
        await using var scene = new RunScene(new TestStore());
        await using var account = await scene.Test.AccountAsync();
        var file = Path.Combine(scene.Test.Maildir, JournalFiles.NameOf(TimeProvider.System.GetUtcNow(), 1));
        const string Line = """{"event":"added","by":"outside","folder":"Junk","message":"1.a.host"}""";
        await File.AppendAllTextAsync(file, $"{new string('x', 100_000)}\n{Line}\n{Line[..20]}", TestStore.Token);
        await TeachAsync(scene, reads: false);
        Assert.Single(_lessons);
        await File.AppendAllTextAsync(file, $"{Line[20..]}\n", TestStore.Token);
        await TeachAsync(scene, reads: false);
        Assert.Equal(2, _lessons.Count);
        await File.WriteAllTextAsync(Path.Combine(scene.Test.Maildir, JournalFollower.FileName), "what?", TestStore.Token);
        await TeachAsync(scene, reads: false);
        Assert.Equal(4, _lessons.Count);
    }

    private async Task TeachAsync(RunScene scene, bool reads) =>
        Assert.Null(await scene.Test.Store.TeachAsync(TestStore.Alice, Folders, async (lesson, isTakenBack) =>
        {
            var text = "";
            if (reads)
            {
                await using var content = await lesson.OpenAsync(TestStore.Token);
                using var reader = content is null ? null : new StreamReader(content.OpenRead());
                text = reader is null ? "gone" : (await reader.ReadToEndAsync(TestStore.Token)).TrimEnd().Split('\n')[^1];
            }

            _lessons.Add($"{Say(lesson.IsJunk, isTakenBack, lesson.Teacher)}:{lesson.EmailId}:{text}");
        }, TestStore.Token));

    private static string Say(bool isJunk, bool isTakenBack, JunkTeacher teacher) => $"{(isTakenBack ? "unlearn" : "learn")} {(isJunk ? "junk" : "ham")} {teacher}";
}
