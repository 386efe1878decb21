using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MailServer.TestKit;
using MailServer.Wire.Imap;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Storage.Tests;

/// <summary>Maildirs that other servers wrote, with what those servers said of them.</summary>
public sealed class AdoptionTests
{
    [Fact]
    public async Task A_Dovecot_Maildir_keeps_uids_flags_keywords_dates_sizes_and_octets()
    {
        await using var test = new TestStore();
        using var expected = Unpack(test, "dovecot-maildirpp");
        await CompareAsync(test, expected);

        // Again from our own index, and again without it.
        await test.RestartAsync();
        await CompareAsync(test, expected);
        foreach (var index in Directory.GetFiles(test.Maildir, FolderIndex.FileName, SearchOption.AllDirectories))
            File.Delete(index);
        await test.RestartAsync();
        await CompareAsync(test, expected);

        var subscribed = (await (await test.AccountAsync()).ListSubscribedAsync(TestStore.Token)).Value;
        Assert.Equal(["INBOX", "Archive/2025", "Entwürfe", "Lists & News"], subscribed.Select(name => name.Value));
    }

    [Fact]
    public async Task A_Dovecot_list_is_not_rewritten_when_nothing_has_changed()
    {
        await using var test = new TestStore();
        using var expected = Unpack(test, "dovecot-maildirpp");
        var before = Lists(test);
        await CompareAsync(test, expected);
        Assert.Equal(before, Lists(test));
    }

    [Fact]
    public async Task A_Courier_Maildir_keeps_uids_flags_keywords_dates_sizes_and_octets()
    {
        await using var test = new TestStore();
        using var expected = Unpack(test, "courier");
        await CompareAsync(test, expected);
        await test.RestartAsync();
        await CompareAsync(test, expected);
        var subscribed = (await (await test.AccountAsync()).ListSubscribedAsync(TestStore.Token)).Value;
        Assert.Equal(["INBOX", "Archive/2025", "Entwürfe", "Lists & News", "Gone"], subscribed.Select(name => name.Value));
    }

    [Fact]
    public async Task An_mbsync_Maildir_keeps_messages_flags_dates_and_what_is_new()
    {
        await using var test = new TestStore(MaildirLayout.Fs);
        using var expected = Unpack(test, "mbsync-verbatim");
        Assert.Equal(MaildirLayout.Fs, MaildirLayouts.Of(test.Maildir));
        var names = Directory.GetFiles(test.Maildir, "*,U=*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var first = await CompareMbsyncAsync(test, expected);
        await test.RestartAsync();
        Assert.Equal(first, await CompareMbsyncAsync(test, expected));
        Assert.Equal(names, Directory.GetFiles(test.Maildir, "*,U=*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(test.Maildir, "cur")));
    }

    [Theory]
    [InlineData("dovecot-maildirpp", "Dovecot")]
    [InlineData("courier", "Courier")]
    [InlineData("mbsync-verbatim", "mbsync")]
    public async Task A_survey_changes_nothing_and_an_adoption_changes_no_uid(string name, string program)
    {
        var layout = name == "mbsync-verbatim" ? MaildirLayout.Fs : MaildirLayout.MaildirPlusPlus;
        await using var test = new TestStore(layout);
        using var expected = Unpack(test, name);
        var files = Files(test);
        var before = MaildirSurveyor.Look(test.Maildir, layout, TimeProvider.System, null, TestStore.Token);
        Assert.Equal(files, Files(test));
        Assert.Equal([program], before.Programs);
        Assert.Equal(expected.RootElement.GetProperty("mailboxes").EnumerateObject().Count(), before.Folders.Count);

        var adoption = new MaildirAdoption(test.Maildir, layout, "mx.example.org", TimeProvider.System, NullLoggerFactory.Instance);
        Assert.Empty(await adoption.ApplyAsync(null, TestStore.Token));
        var after = MaildirSurveyor.Look(test.Maildir, layout, TimeProvider.System, null, TestStore.Token);
        Assert.Empty(MaildirAdoption.Compare(before, after));
        Assert.All(after.Folders, folder => Assert.Equal(0, folder.WithoutUid));
        Assert.Equal(before.Folders.Select(folder => (folder.Name, folder.Messages, folder.New, string.Join(' ', folder.Keywords))),
            after.Folders.Select(folder => (folder.Name, folder.Messages, folder.New, string.Join(' ', folder.Keywords))));

        // Once more is nothing more.
        files = Files(test);
        Assert.Empty(await adoption.ApplyAsync(null, TestStore.Token));
        Assert.Equal(files.Where(file => !file.Contains("mailserver-", StringComparison.Ordinal)), Files(test).Where(file => !file.Contains("mailserver-", StringComparison.Ordinal)));
        if (program != "mbsync")
            await CompareAsync(test, expected);
    }

    [Fact]
    public async Task Couriers_keywords_get_letters_and_its_pop3_unique_ids_are_kept()
    {
        await using var test = new TestStore();
        using var expected = Unpack(test, "courier");
        var names = Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal).ToArray();
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, CourierPop3List.FileName),
            $"/3 9 777\n{names[0]} 100 3:777:0\n{names[1]} 100 4:0:0\n{names[2]} 100 0:0\nrubbish\n", TestStore.Token);
        Assert.Empty(await new MaildirAdoption(test.Maildir, MaildirLayout.MaildirPlusPlus, "mx.example.org", TimeProvider.System, NullLoggerFactory.Instance).ApplyAsync(null, TestStore.Token));
        await CompareAsync(test, expected);
        Assert.NotEmpty(KeywordFile.Read(Path.Combine(test.Maildir, KeywordFile.FileName), NullLogger.Instance).Names);
        await using var view = await test.ViewAsync(access: FolderAccess.ReadOnly);
        var ids = Enumerable.Range(1, view.Count).Select(view.UniqueIdAt).ToArray();
        Assert.Contains("UID3-777", ids);
        Assert.Contains("UID4", ids);
        Assert.Contains(names[2][..names[2].IndexOf(':', StringComparison.Ordinal)], ids);
    }

    [Fact]
    public async Task A_rebuild_changes_no_uid_flag_or_keyword()
    {
        await using var test = new TestStore();
        using var expected = Unpack(test, "dovecot-maildirpp");
        await CompareAsync(test, expected);
        await test.StopAndStartAsync();
        var lists = Lists(test);
        await File.WriteAllTextAsync(Path.Combine(test.Maildir, FolderIndex.FileName), "rubbish", TestStore.Token);
        var rebuild = new MaildirRebuild(test.Maildir, MaildirLayout.MaildirPlusPlus, "mx.example.org", TimeProvider.System, NullLoggerFactory.Instance);
        Assert.Empty(await rebuild.RunAsync(null, TestStore.Token));
        Assert.Equal((8, 34L), (rebuild.Folders, rebuild.Messages));
        Assert.Equal(lists, Lists(test));
        Assert.Empty(new MaildirVerifier(test.Maildir, test.Layout, TimeProvider.System).Verify(null, true, null, TestStore.Token));
        await CompareAsync(test, expected);
    }

    private static string[] Files(TestStore test) =>
    [
        .. Directory.GetFileSystemEntries(test.Maildir, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {(File.Exists(path) ? new FileInfo(path).Length : -1)} {(path.EndsWith("-uidlist", StringComparison.Ordinal) ? File.ReadAllText(path) : "")}"),
    ];

    /// <summary>mbsync keeps no keywords, and adds a header of its own; UIDs are of the local store.</summary>
    private static async Task<string[]> CompareMbsyncAsync(TestStore test, JsonDocument expected)
    {
        List<string> uids = [];
        foreach (var box in expected.RootElement.GetProperty("mailboxes").EnumerateObject())
        {
            await using var view = await test.ViewAsync(NameOf(box.Name), FolderAccess.ReadOnly);
            List<string> ours = [];
            for (var sequence = 1; sequence <= view.Count; sequence++)
            {
                var info = view.InfoAt(sequence);
                var text = await TestStore.ReadAsync(view, sequence);
                var start = text.IndexOf("X-TUID: ", StringComparison.Ordinal);
                text = text.Remove(start, text.IndexOf('\n', start) + 1 - start);
                ours.Add(Line(0, FlagsOf(info.Flags), info.InternalDate, text.Length, Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(text)))));
                uids.Add($"{box.Name} {view.UidValidity} {info.Uid} {info.Size}");
            }

            Assert.Equal(box.Value.GetProperty("messages").EnumerateArray().Select(message => Line(
                0,
                message.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()!).Where(flag => flag[0] == '\\'),
                DateTimeOffset.ParseExact(message.GetProperty("internalDate").GetString()!, "dd-MMM-yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture),
                message.GetProperty("rfc822Size").GetInt64(),
                message.GetProperty("sha256").GetString()!)).Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
        }

        return [.. uids];
    }

    private static string[] Lists(TestStore test) =>
    [
        .. Directory.GetFiles(test.Maildir, UidList.FileName, SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText),
    ];

    private static JsonDocument Unpack(TestStore test, string name)
    {
        Assert.SkipUnless(Corpora.Find("maildir-samples", out var reason) is not null, reason);
        var folder = Corpora.Find("maildir-samples", out _)!;
        var home = Path.GetDirectoryName(test.Maildir)!;
        Directory.CreateDirectory(home);
        TarFile.ExtractToDirectory(Path.Combine(folder, name + ".tar"), home, overwriteFiles: false);
        return JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, name + ".expected.json")));
    }

    private static async Task CompareAsync(TestStore test, JsonDocument expected)
    {
        var account = await test.AccountAsync();
        var listed = (await account.ListAsync(TestStore.Token)).Value.Where(folder => folder.IsSelectable).Select(folder => folder.Name.Value);
        var boxes = expected.RootElement.GetProperty("mailboxes").EnumerateObject().ToDictionary(box => NameOf(box.Name), box => box.Value);
        Assert.Equal(boxes.Keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        foreach (var (name, box) in boxes)
        {
            await using var view = await test.ViewAsync(name, FolderAccess.ReadOnly);
            List<string> ours = [];
            for (var sequence = 1; sequence <= view.Count; sequence++)
            {
                var info = view.InfoAt(sequence);
                await using var content = (await view.OpenMessageAsync(sequence, TestStore.Token)).Value;
                await using var stream = content.OpenRead();
                var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, TestStore.Token));
                ours.Add(Line(info.Uid, FlagsOf(info.Flags), info.InternalDate, info.Size, hash));
            }

            var theirs = box.GetProperty("messages").EnumerateArray().Select(message => Line(
                message.GetProperty("uid").GetUInt32(),
                message.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()!),
                DateTimeOffset.ParseExact(message.GetProperty("internalDate").GetString()!, "dd-MMM-yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture),
                message.GetProperty("rfc822Size").GetInt64(),
                message.GetProperty("sha256").GetString()!));
            Assert.Equal(theirs.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
            Assert.Equal(box.GetProperty("uidValidity").GetUInt32(), view.UidValidity);
            Assert.Equal(box.GetProperty("uidNext").GetUInt32(), view.UidNext);
        }
    }

    private static string NameOf(string name) => string.Join('/', (name.StartsWith("INBOX.", StringComparison.Ordinal) ? name[6..] : name).Split('.').Select(level =>
        ModifiedUtf7.TryDecode(Encoding.UTF8.GetBytes(level), out var decoded) ? decoded : level));

    private static string Line(uint uid, IEnumerable<string> flags, DateTimeOffset date, long size, string hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{uid:d6} {date.UtcDateTime:u} {size} {hash} {string.Join(' ', flags.Where(flag => flag != "\\Recent").Order(StringComparer.Ordinal))}");

    private static IEnumerable<string> FlagsOf(MessageFlags flags) =>
        Enum.GetValues<SystemFlags>().Where(flag => flag != 0 && flags.System.HasFlag(flag)).Select(flag => $"\\{flag}").Concat(flags.Keywords);
}
