namespace MailServer.Storage.Tests;

/// <summary>Each thing that may be wrong is named with its path, and nothing is changed by looking.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class VerifyTests
{
    private const string Name = "1795505335.M1P1Q1.host,S=18,W=21";
    private const string Message = "Subject: x\n\nbody\n.";

    public static TheoryData<string, string, Action<string>> Troubles => new()
    {
        { "uidlist", "dovecot-uidlist", root => File.WriteAllText(Path.Combine(root, "dovecot-uidlist"), "3 V5 N2\nrubbish\n") },
        { "uidlist", "dovecot-uidlist", root => File.WriteAllText(Path.Combine(root, "dovecot-uidlist"), "3 V5 N4294967295\n") },
        { "keywords", "dovecot-keywords", root => File.WriteAllText(Path.Combine(root, "dovecot-keywords"), "rubbish\n") },
        { "keywords", "dovecot-keywords", root => File.Move(Path.Combine(root, "cur", Name + ":2,S"), Path.Combine(root, "cur", Name + ":2,Sb")) },
        { "keywords", "mailserver-keywords", root => File.WriteAllText(Path.Combine(root, "mailserver-keywords"), "rubbish\n") },
        { "subscriptions", "subscriptions", root => File.WriteAllText(Path.Combine(root, "subscriptions"), "V\t2\n\n\u0001\n") },
        { "special-use", "mailserver-special-use", root => File.WriteAllText(Path.Combine(root, "mailserver-special-use"), "\\What\tSent\n") },
        { "uidvalidity", "dovecot-uidvalidity", root => File.WriteAllText(Path.Combine(root, "dovecot-uidvalidity"), "rubbish") },
        { "index", "mailserver-index", root => File.WriteAllText(Path.Combine(root, "mailserver-index"), "rubbish") },
        { "structures", "mailserver-structures", root => File.WriteAllText(Path.Combine(root, "mailserver-structures"), "rubbish") },
        { "search", "mailserver-search", root => File.WriteAllText(Path.Combine(root, "mailserver-search"), "rubbish") },
        { "journal", "mailserver-journal-2026-10", root => File.WriteAllText(Path.Combine(root, "mailserver-journal-2026-10"), "{\"event\":\"a\"}\nrubbish\n") },
        { "quota", "maildirsize", root => File.WriteAllText(Path.Combine(root, "maildirsize"), "100S\n5 1\n") },
        { "size", $"cur/{Name}:2,S", root => File.AppendAllText(Path.Combine(root, "cur", Name + ":2,S"), "more") },
        { "size", "cur/1795505335.M1P1Q1.host,S=18,W=22:2,S", root => File.Move(Path.Combine(root, "cur", Name + ":2,S"), Path.Combine(root, "cur", "1795505335.M1P1Q1.host,S=18,W=22:2,S")) },
        { "double", $"cur/{Name}:2,S", root => File.Copy(Path.Combine(root, "cur", Name + ":2,S"), Path.Combine(root, "new", Name)) },
        { "unreadable", "cur/1.dir.host", root => Directory.CreateDirectory(Path.Combine(root, "cur", "1.dir.host")) },
        { "unreadable", "new/1.link.host", root => File.CreateSymbolicLink(Path.Combine(root, "new", "1.link.host"), "/nonexistent") },
        { "file-name", "cur/:2,S", root => File.WriteAllText(Path.Combine(root, "cur", ":2,S"), Message) },
        { "mode", $"cur/{Name}:2,S", root => Open(root, Path.Combine(root, "cur", Name + ":2,S")) },
        { "mode", "new", root => File.SetUnixFileMode(Path.Combine(root, "new"), UnixFileMode.UserRead) },
        { "directory", "tmp", root => Directory.Delete(Path.Combine(root, "tmp")) },
        { "directory", ".Sub/cur", root => Directory.CreateDirectory(Path.Combine(root, ".Sub", "new")) },
        { "folder-name", ".a..b", root => Directory.CreateDirectory(Path.Combine(root, ".a..b", "cur")) },
        { "folder-name", ".inbox", root => Directory.CreateDirectory(Path.Combine(root, ".inbox", "cur")) },
        { "folder-name", "Plain", root => Directory.CreateDirectory(Path.Combine(root, "Plain", "cur")) },
        { "broken", "subscriptions.broken.3", root => File.WriteAllText(Path.Combine(root, "subscriptions.broken.3"), "") },
        { "lock", "dovecot-uidlist.lock", root => Old(Path.Combine(root, "dovecot-uidlist.lock")) },
        { "leftover", "tmp/1000000000.M1P1.host", root => Old(Path.Combine(root, "tmp", "1000000000.M1P1.host")) },
        { "leftover", "dovecot-uidlist.12.abc.tmp", root => Old(Path.Combine(root, "dovecot-uidlist.12.abc.tmp")) },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Names_what_is_wrong_and_changes_nothing(string kind, string path, Action<string> spoil)
    {
        await using var test = new TestStore();
        await GoodAsync(test);
        Assert.Empty(Verify(test));
        spoil(test.Maildir);
        var before = Listing(test);
        var finding = Assert.Single(Verify(test), finding => finding.Kind == kind);
        Assert.Equal(Path.Combine(test.Maildir, path), finding.Path);
        Assert.NotEmpty(finding.What);
        Assert.NotEmpty(finding.Advice);
        Assert.Equal(before, Listing(test));
    }

    [Fact]
    public async Task A_record_of_a_structure_that_is_spoiled_is_named_and_one_that_is_torn_is_not()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await test.DeliverAsync();
        await using (var view = await test.ViewAsync())
            for (var sequence = 1; sequence <= 2; sequence++)
                Assert.Null((await view.StructureAtAsync(sequence, TestStore.Token)).Problem);
        await test.StopAndStartAsync();
        var path = Path.Combine(test.Maildir, "mailserver-structures");
        var bytes = await File.ReadAllBytesAsync(path, TestStore.Token);
        Assert.DoesNotContain(Verify(test), finding => finding.Kind is "structures" or "search" or "journal");
        await File.WriteAllBytesAsync(path, bytes[..^40], TestStore.Token);
        Assert.DoesNotContain(Verify(test), finding => finding.Kind == "structures");
        bytes[40] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestStore.Token);
        Assert.Equal("the record at octet 16 has another check sum", Assert.Single(Verify(test), finding => finding.Kind == "structures").What);
    }

    [Fact]
    public async Task Many_of_one_kind_are_one_finding()
    {
        await using var test = new TestStore();
        await GoodAsync(test);
        for (var i = 0; i < 30; i++)
            Directory.CreateDirectory(Path.Combine(test.Maildir, "cur", $"{i}.dir.host"));
        Assert.Equal(30, Assert.Single(Verify(test)).Count);

        var verifier = new MaildirVerifier(test.Maildir, test.Layout, TimeProvider.System);
        _ = verifier.Verify(null, readsAll: true, null, TestStore.Token);
        Assert.Equal((1, 31L, 18L), (verifier.Folders, verifier.Messages, verifier.Octets));
    }

    [Fact]
    public async Task What_was_mended_when_the_folder_was_opened_is_not_named_again_but_the_broken_file_is()
    {
        await using var test = new TestStore();
        await GoodAsync(test);
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "dovecot-uidlist"), "3 V5 N2\nrubbish\n", TestStore.Token);
        await (await test.ViewAsync()).DisposeAsync();
        Assert.Equal(["broken"], Verify(test).Select(finding => finding.Kind));
    }

    private static async Task GoodAsync(TestStore test)
    {
        await test.AccountAsync();
        var path = Path.Combine(test.Maildir, "cur", Name + ":2,S");
        await File.WriteAllTextAsync(path, Message, TestStore.Token);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await (await test.ViewAsync()).DisposeAsync();
        await test.StopAndStartAsync();
    }

    private static void Open(string root, string path)
    {
        File.SetUnixFileMode(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
    }

    private static void Old(string path)
    {
        File.WriteAllText(path, "");
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddYears(35));
    }

    private static IReadOnlyList<Finding> Verify(TestStore test) =>
        new MaildirVerifier(test.Maildir, test.Layout, TimeProvider.System).Verify(null, readsAll: true, null, TestStore.Token);

    private static string[] Listing(TestStore test) =>
        [.. Directory.GetFileSystemEntries(test.Maildir, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O}")];
}
