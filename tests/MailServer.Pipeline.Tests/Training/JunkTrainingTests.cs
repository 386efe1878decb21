using System.Threading.Channels;
using MailServer.Posix;
using MailServer.Storage;
using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Pipeline.Tests;

/// <summary>Those that learn what is junk are told of it, from the mail's own road on, and nobody's failure stops the next.</summary>
public sealed class JunkTrainingTests : IAsyncDisposable
{
    private readonly TempDirectory _data = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly MaildirStore _store;
    private readonly Road _road = new();
    private readonly CountingTrainer _trainer = new();
    private readonly User _alice = FakeAccounts.UserOf("alice@example.org");

    public JunkTrainingTests() => _store = new(
        new() { Maildir = "{data}/mail/{domain}/{user}/Maildir", Layout = MaildirLayout.MaildirPlusPlus, DataDirectory = _data.Path, Hostname = "mx.example.org" },
        _watcher, TimeProvider.System, NullLoggerFactory.Instance);

    [Fact]
    public async Task A_rules_junk_an_owners_rescue_and_an_undo_are_each_told_once()
    {
        _road.Roles.Trainers.Add(_trainer);
        await using var training = new JunkTraining(_store, _road.Roles, TimeProvider.System, _road.Log);
        var rule = new FakeRule((_, _, sofar) => sofar with { Folder = new("Junk"), Steps = [new() { Rule = "a.csx", Line = 1, Action = "FileInto(\"Junk\")" }] });
        _road.Roles.Rules.Add(rule);
        await SendAsync();
        Assert.Equal("learn junk Rule", await _trainer.NextAsync());
        _road.Roles.Rules.Clear();
        await SendAsync();

        await using (var account = (await _store.OpenAsync(_alice, new Author { Kind = "imap" }, default)).Value)
        await using (var junk = (await account.OpenFolderAsync(new("Junk"), FolderAccess.ReadWrite, null, default)).Value)
            Assert.Null((await junk.MoveAsync([1], FolderName.Inbox, default)).Problem);
        Assert.Equal("learn ham Owner", await _trainer.NextAsync());

        _road.Roles.Rules.Add(rule);
        await SendAsync();
        Assert.Equal("learn junk Rule", await _trainer.NextAsync());
        await using (var run = (await ChangeRun.OpenAsync(_store, _alice, new() { Kind = "undo", Words = "undo" }, default)).Value)
            Assert.Null(await UndoPlan.OfRule(_store.MaildirOf(_alice), new("a.csx"), DateTimeOffset.UnixEpoch, null).RunAsync(run, null, default));
        Assert.Equal("unlearn junk Rule", await _trainer.NextAsync());
        Assert.False(_trainer.HasMore);
    }

    [Fact]
    public async Task A_trainer_that_throws_is_a_line_in_the_log_and_the_others_learn()
    {
        _road.Roles.Trainers.Add(new CountingTrainer { Fault = new InvalidOperationException("no room") });
        _road.Roles.Trainers.Add(_trainer);
        await using var training = new JunkTraining(_store, _road.Roles, TimeProvider.System, _road.Log);
        _road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = new("Junk") }));
        await SendAsync();
        await SendAsync();
        Assert.Equal("learn junk Rule", await _trainer.NextAsync());
        Assert.Equal("learn junk Rule", await _trainer.NextAsync());
        Assert.Equal(2, _road.Log.Lines.Count(line => line.StartsWith("537", StringComparison.Ordinal) && line.Contains("no room", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_was_moved_while_nobody_learned_is_learned_with_the_next_mail()
    {
        await using (var nobody = new JunkTraining(_store, _road.Roles, TimeProvider.System, _road.Log))
        {
            _road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = new("Junk") }));
            await SendAsync();
        }

        _road.Roles.Rules.Clear();
        _road.Roles.Trainers.Add(_trainer);
        await using var training = new JunkTraining(_store, _road.Roles, TimeProvider.System, _road.Log);
        await SendAsync();
        Assert.Equal("learn junk Rule", await _trainer.NextAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _watcher.Dispose();
        _data.Dispose();
    }

    private async Task SendAsync()
    {
        var pipeline = new MailPipeline(_road.Options, new MaildirAdapter(_store), _road.Roles, null, new DeliveryJournal(_store, null), TimeProvider.System, _road.Log);
        await using var mail = await pipeline.BeginAsync(_road.Envelope, default);
        Assert.Null(await mail.AddRecipientAsync(_alice.Address, default));
        await mail.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Road.Hello));
        Assert.Null(await mail.CommitAsync(default));
    }

    /// <summary>Hands on what it is told, and learns nothing.</summary>
    private sealed class CountingTrainer : IJunkTrainer
    {
        private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

        public string Name => "counting";

        public Exception? Fault { get; init; }

        public bool HasMore => _told.Reader.TryPeek(out _);

        public ValueTask LearnAsync(IJunkLesson lesson, CancellationToken cancellationToken) => Take("learn", lesson);

        public ValueTask UnlearnAsync(IJunkLesson lesson, CancellationToken cancellationToken) => Take("unlearn", lesson);

        public async Task<string> NextAsync() => await _told.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1));

        private ValueTask Take(string what, IJunkLesson lesson)
        {
            _told.Writer.TryWrite($"{what} {(lesson.IsJunk ? "junk" : "ham")} {lesson.Teacher}");
            return Fault is null ? ValueTask.CompletedTask : throw Fault;
        }
    }
}
