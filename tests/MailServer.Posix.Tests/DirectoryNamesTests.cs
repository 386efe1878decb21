using System.Text;
using MailServer.TestKit;

namespace MailServer.Posix.Tests;

public sealed class DirectoryNamesTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0, true)]
    [InlineData(3, true)]
    [InlineData(2000, false)] // more than the room to begin with
    public void Reads_all_names_and_finds_room_for_them(int files, bool isAtOnce)
    {
        for (var i = 0; i < files; i++)
            File.WriteAllText(_directory.File($"{i:d30}"), "");
        File.WriteAllText(_directory.File("ü"), "");
        var expected = Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Concat([".", ".."]).Order();
        var room = 0;
        Assert.Equal(isAtOnce, Read(ref room, out var names));
        Assert.Equal(expected, names.Order());
        Assert.True(Read(ref room, out names));
        Assert.Equal(expected, names.Order());
    }

    [Fact]
    public void Says_which_directory_is_not_there()
    {
        var room = 0;
        var missing = Assert.Throws<DirectoryNotFoundException>(() => DirectoryNames.Read(_directory.File("none"), ref room, _ => { }));
        Assert.Contains("/none", missing.Message, StringComparison.Ordinal);
    }

    /// <summary>What <c>readdir</c> does not promise: a name that changes while the directory is read is seen, the old one or the new.</summary>
    [Fact]
    public async Task No_file_is_missed_or_seen_twice_while_it_is_renamed()
    {
        var seed = Environment.GetEnvironmentVariable("MAILSERVER_SEED") is { } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} (MAILSERVER_SEED)");
        const int Files = 3000;
        for (var i = 0; i < Files; i++)
            File.WriteAllText(_directory.File($"{i}:2,"), "");
        var isOver = false;
        var renamed = 0;
        var renaming = Task.Run(() =>
        {
            var random = new Random(seed);
            var isFlagged = new bool[Files];
            for (; !Volatile.Read(ref isOver); renamed++)
            {
                var i = random.Next(Files);
                File.Move(_directory.File($"{i}:2,{(isFlagged[i] ? "F" : "")}"), _directory.File($"{i}:2,{(isFlagged[i] ? "" : "F")}"));
                isFlagged[i] = !isFlagged[i];
            }
        });
        var room = 1024 * 1024;
        for (var look = 0; look < 200; look++)
        {
            Assert.True(Read(ref room, out var names));
            Assert.Equal(Files, names.Where(name => name[0] != '.').Select(name => name.Split(':')[0]).Distinct().Count());
            Assert.Equal(Files + 2, names.Count);
        }

        Volatile.Write(ref isOver, true);
        await renaming;
        Assert.NotEqual(0, renamed);
    }

    private bool Read(ref int room, out List<string> names)
    {
        List<string> read = [];
        var isOfOneMoment = DirectoryNames.Read(_directory.Path, ref room, name => read.Add(Encoding.UTF8.GetString(name)));
        names = read;
        return isOfOneMoment;
    }
}
