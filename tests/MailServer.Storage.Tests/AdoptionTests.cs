using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MailServer.TestKit;
using MailServer.Wire.Imap;

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
