namespace MailServer.Storage.Tests;

public sealed class FileStampTests
{
    [Fact]
    public void A_file_that_is_not_there_has_no_stamp() =>
        Assert.Equal(FileStamp.None, FileStamp.Of(Path.Combine(AppContext.BaseDirectory, "not-there")));

    [Fact]
    public void What_cannot_be_told_is_an_error_and_not_a_missing_file() =>
        Assert.ThrowsAny<IOException>(() => FileStamp.Of(Path.Combine(AppContext.BaseDirectory, new string('x', 300)))); // ENAMETOOLONG
}
