using System.Text;
using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Rules.Tests;

/// <summary>Notes outlive the server, keep their limits, and bear a broken file.</summary>
public sealed class NotesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new(Now);

    private string File => _folder.File(NotesFile.FileName);

    public void Dispose() => _folder.Dispose();

    private INotes Open() => new NotesFiles(_time, NullLogger.Instance).Of(File);

    [Fact]
    public void What_is_noted_is_there_after_a_restart_until_its_time_is_over()
    {
        var odd = "tab\tline\nreturn\rback\\slash é";
        Open().Write([new("a", "1", Now.AddDays(1)), new(odd, odd, Now.AddDays(1)), new("empty", "", Now.AddDays(1)), new("b", "2", Now.AddDays(1)), new("b", null, Now)]);
        var notes = Open();
        Assert.Equal("1", notes.Find("a", Now));
        Assert.Equal(odd, notes.Find(odd, Now));
        Assert.Equal("", notes.Find("empty", Now));
        Assert.Null(notes.Find("b", Now));
        Assert.Null(notes.Find("c", Now));
        Assert.Equal("1", notes.Find("a", Now.AddDays(1).AddSeconds(-1)));
        Assert.Null(notes.Find("a", Now.AddDays(1)));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void A_file_cut_anywhere_has_all_notes_before_the_cut_and_takes_new_ones()
    {
        Open().Write([.. Enumerable.Range(0, 5).Select(i => new NoteChange($"k{i}", $"v{i}", Now.AddDays(1)))]);
        var whole = System.IO.File.ReadAllBytes(File);
        for (var length = 0; length <= whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            var lines = Encoding.UTF8.GetString(whole, 0, length).Count(c => c == '\n');
            Open().Write([new("new", "N", Now.AddDays(1))]);
            var notes = Open();
            for (var i = 0; i < lines; i++)
                Assert.Equal($"v{i}", notes.Find($"k{i}", Now));
            Assert.Equal("N", notes.Find("new", Now));
        }
    }

    [Fact]
    public void Nonsense_lines_are_passed_over_and_a_file_that_others_change_is_read_again()
    {
        System.IO.File.WriteAllBytes(File, [.. "+\tx\ty\tz\n\n+\t99999999999999999\ta\tb\n-\n+\t1795600000\tgood\tyes\n"u8, 0xFF, 0xFE, 0, (byte)'\n', .. Encoding.ASCII.GetBytes($"+\t1795600000\t{new string('k', 300)}\tv\n")]);
        var notes = Open();
        Assert.Equal("yes", notes.Find("good", Now));
        Assert.Null(notes.Find("y", Now));
        Assert.Null(notes.Find(new string('k', 300), Now));
        System.IO.File.Delete(File);
        Assert.Null(notes.Find("good", Now));
        notes.Write([new("a", "", Now.AddDays(1))]);
        Assert.NotNull(Open().Find("a", Now));
    }

    [Fact]
    public void The_file_does_not_grow_with_changes_and_the_notes_not_beyond_their_number()
    {
        var notes = Open();
        for (var i = 0; i < 5000; i++)
            notes.Write([new("same", $"{i}", Now.AddDays(1))]);
        Assert.InRange(System.IO.File.ReadAllLines(File).Length, 1, 1002);
        Assert.Equal("4999", Open().Find("same", Now));

        for (var i = 0; i <= NoteLimits.MaxNotes; i += 100)
            notes.Write([.. Enumerable.Range(i, 100).Select(n => new NoteChange($"n{n}", "", Now.AddDays(2).AddSeconds(n)))]);
        var reopened = Open();
        Assert.Null(reopened.Find("same", Now));
        Assert.Null(reopened.Find("n0", Now));
        Assert.NotNull(reopened.Find($"n{NoteLimits.MaxNotes}", Now));
        Assert.InRange(System.IO.File.ReadAllLines(File).Length, NoteLimits.MaxNotes / 10 * 9, NoteLimits.MaxNotes + 200);
    }

    [Fact]
    public void Many_accounts_and_threads_lose_nothing()
    {
        var files = new NotesFiles(_time, NullLogger.Instance);
        Parallel.For(0, 40, account =>
        {
            for (var i = 0; i < 20; i++)
                files.Of(_folder.File($"{account % 20}")).Write([new($"{account}-{i}", "x", Now.AddDays(1))]);
        });
        for (var account = 0; account < 40; account++)
            for (var i = 0; i < 20; i++)
                Assert.Equal("x", files.Of(_folder.File($"{account % 20}")).Find($"{account}-{i}", Now));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_or_read_costs_the_notes_alone()
    {
        var notes = new NotesFiles(_time, NullLogger.Instance).Of(_folder.File("none/there"));
        Assert.Null(notes.Find("a", Now));
        notes.Write([new("a", "", Now.AddDays(1))]);
        Directory.CreateDirectory(File);
        notes = Open();
        Assert.Null(notes.Find("a", Now));
        notes.Write([new("a", "", Now.AddDays(1))]);
    }

    [Fact]
    public void A_draft_is_seen_by_its_own_mail_and_by_others_only_when_it_is_committed()
    {
        var below = Open();
        below.Write([new("old", "o", Now.AddDays(1))]);
        var draft = new NotesDraft(below);
        draft.Write([new("new", "n", Now.AddDays(1)), new("old", null, Now)]);
        Assert.Equal("n", draft.Find("new", Now));
        Assert.Null(draft.Find("old", Now));
        Assert.Null(below.Find("new", Now));
        Assert.Equal("o", below.Find("old", Now));
        draft.Commit();
        Assert.Equal("n", below.Find("new", Now));
        Assert.Null(below.Find("old", Now));
    }
}
