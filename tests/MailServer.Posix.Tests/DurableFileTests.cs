using MailServer.TestKit;

namespace MailServer.Posix.Tests;

public sealed class DurableFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_rename_or_link_never_replaces_a_file()
    {
        File.WriteAllText(_directory.File("a"), "a");
        File.WriteAllText(_directory.File("b"), "b");

        Assert.True(Assert.Throws<PosixException>(() => DurableFile.RenameNoReplace(_directory.File("a"), _directory.File("b"))).IsAlreadyThere);
        Assert.True(Assert.Throws<PosixException>(() => DurableFile.Link(_directory.File("a"), _directory.File("b"))).IsAlreadyThere);
        Assert.True(Assert.Throws<PosixException>(() => DurableFile.RenameNoReplace(_directory.File("none"), _directory.File("c"))).IsNotThere);
        Assert.Equal("b", File.ReadAllText(_directory.File("b")));
        DurableFile.RenameNoReplace(_directory.File("a"), _directory.File("c"));
        Assert.Equal("a", File.ReadAllText(_directory.File("c")));
    }

    [Fact]
    public void A_small_file_is_replaced_whole_with_its_mode_and_no_draft_stays()
    {
        File.WriteAllText(_directory.File("a"), "old and longer");
        DurableFile.WriteAllBytes(_directory.File("a"), "new"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Equal("new", File.ReadAllText(_directory.File("a")));
        Assert.Equal([_directory.File("a")], Directory.GetFiles(_directory.Path));
#pragma warning disable CA1416 // Maildir, and so this server, is for Unix.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File("a")));
#pragma warning restore CA1416
    }

    [Fact]
    public void A_folder_is_synced_and_one_that_is_not_there_is_named()
    {
        DurableFile.SyncDirectory(_directory.Path);
        var error = Assert.Throws<PosixException>(() => DurableFile.SyncDirectory(_directory.File("none")));
        Assert.Contains(_directory.File("none"), error.Message, StringComparison.Ordinal);
    }
}
