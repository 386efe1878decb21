using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>An IMAP session that believes only what it was told: its view is made of the EXISTS, EXPUNGE and FETCH it was sent.</summary>
internal sealed partial class WatchingSession : IAsyncDisposable
{
    private readonly LineClient _client;
    private readonly List<long> _came = []; // when EXISTS told of each message of the view
    private int _tag;
    private Task<string>? _pending;

    private WatchingSession(LineClient client) => _client = client;

    /// <summary>Called when something was told: EXISTS (once the UID is known), EXPUNGE, FETCH.</summary>
    /// <param name="what">Which.</param>
    /// <param name="uid">Of which message.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="when">When it was told, by <see cref="Stopwatch"/>.</param>
    public delegate void Hearer(string what, uint uid, string flags, long when);

    /// <summary>UIDs and flags in order of sequence number; UID 0 is a message it has not asked about yet.</summary>
    public List<(uint Uid, string Flags)> View { get; } = [];

    /// <summary>
    /// UIDs it was told the EXPUNGE of: when such a message comes back it has its UID again, and UIDs in a session only grow
    /// (RFC 9051 §2.3.1.1), so this session has it only when it selects the folder next.
    /// </summary>
    public HashSet<uint> Gone { get; } = [];

    /// <summary>Subjects that it has asked for, by UID.</summary>
    public Dictionary<uint, string> Subjects { get; } = [];

    public string UidValidity { get; private set; } = "";

    /// <summary>UIDVALIDITY and UIDs of the last COPYUID or APPENDUID.</summary>
    public (string Validity, string Uids)? Given { get; private set; }

    public Hearer? Told { get; set; }

    public static async Task<WatchingSession> OpenAsync(ServerProcess server, string folder)
    {
        var session = new WatchingSession(await LineClient.ConnectTlsAsync(server, "imaps"));
        await session.CommandAsync($"LOGIN alice@example.org {ServerProcess.Password}");
        await session.SelectAsync(folder);
        return session;
    }

    public async Task SelectAsync(string folder)
    {
        View.Clear();
        _came.Clear();
        Gone.Clear();
        Assert.StartsWith("OK", await CommandAsync($"SELECT {folder}"), StringComparison.Ordinal);
        await FillAsync();
    }

    /// <summary>Says a command; returns the tagged reply without its tag.</summary>
    public async Task<string> CommandAsync(string command)
    {
        var tag = Tag();
        Given = null;
        await _client.SendAsync($"{tag} {command}\r\n");
        var reply = await UntilAsync(tag);
        Assert.True(!reply.StartsWith("BAD", StringComparison.Ordinal), $"{command}: {reply}");
        return reply;
    }

    /// <summary>Appends a message; returns the tagged reply.</summary>
    public async Task<string> AppendAsync(string folder, string flags, string text)
    {
        var tag = Tag();
        Given = null;
        await _client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"{tag} APPEND {folder} ({flags}) {{{text.Length}+}}\r\n{text}\r\n"));
        return await UntilAsync(tag);
    }

    /// <summary>Waits in IDLE, then asks for the UIDs of what has come.</summary>
    /// <param name="time">How long.</param>
    /// <param name="untilNew">Or until a message has come.</param>
    public async Task IdleAsync(TimeSpan time, bool untilNew = false)
    {
        var tag = Tag();
        await _client.SendAsync($"{tag} IDLE\r\n");
        var over = Task.Delay(time);
        while ((!untilNew || View.Count == 0 || View[^1].Uid > 0) && await Task.WhenAny(_pending ??= _client.ReadLineAsync(), over) != over)
            Take(await NextAsync());
        await _client.SendAsync("DONE\r\n");
        Assert.StartsWith("OK", await UntilAsync(tag), StringComparison.Ordinal);
        await FillAsync();
    }

    public async Task FillAsync()
    {
        while (View.Count > 0 && View[^1].Uid == 0)
            Assert.StartsWith("OK", await CommandAsync(string.Create(CultureInfo.InvariantCulture, $"FETCH {View.FindIndex(message => message.Uid == 0) + 1}:* (UID FLAGS)")), StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    /// <summary>Flags in one form, so that they can be compared; \Recent is each session's own.</summary>
    public static string Sorted(IEnumerable<string> flags) => string.Join(' ', flags.Where(flag => flag != @"\Recent").Order(StringComparer.Ordinal));

    private string Tag() => string.Create(CultureInfo.InvariantCulture, $"t{++_tag}");

    private async Task<string> NextAsync()
    {
        var line = await (_pending ?? _client.ReadLineAsync());
        _pending = null;
        return line;
    }

    private async Task<string> UntilAsync(string tag)
    {
        while (true)
        {
            var line = await NextAsync();
            Take(line);
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                return line[(tag.Length + 1)..];
        }
    }

    private void Take(string line)
    {
        if (line.Contains('[', StringComparison.Ordinal) && Code().Match(line) is { Success: true } code)
        {
            if (code.Groups[1].Value == "UIDVALIDITY")
                UidValidity = code.Groups[2].Value;
            else
                Given = (code.Groups[2].Value, code.Groups[3].Value.Split(' ')[^1]);
        }

        if (Numbered().Match(line) is not { Success: true } match)
            return;
        var number = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        switch (match.Groups[2].Value)
        {
            case "EXISTS":
                Assert.True(number >= View.Count, $"EXISTS {number} after {View.Count}");
                for (var now = Stopwatch.GetTimestamp(); View.Count < number; _came.Add(now))
                    View.Add((0, ""));
                break;
            case "EXPUNGE":
                var gone = View[number - 1].Uid;
                View.RemoveAt(number - 1);
                _came.RemoveAt(number - 1);
                Gone.Add(gone);
                Told?.Invoke("EXPUNGE", gone, "", Stopwatch.GetTimestamp());
                break;
            case "FETCH":
                Take(number, line);
                break;
        }
    }

    private void Take(int number, string line)
    {
        var (known, _) = View[number - 1];
        var uid = Uid().Match(line) is { Success: true } found ? uint.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : known;
        Assert.True(known == 0 || known == uid, $"UID {known} has become {uid}");
        if (Subject().Match(line) is { Success: true } subject)
            Subjects[uid] = subject.Groups[1].Value;
        if (Flags().Match(line) is not { Success: true } flags)
            return;
        View[number - 1] = (uid, Sorted(flags.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        if (known == 0 && uid != 0)
        {
            Assert.True(number == 1 || View[number - 2].Uid < uid, $"UID {uid} follows {View[Math.Max(0, number - 2)].Uid}");
            Assert.False(Gone.Contains(uid), $"UID {uid} was told to be expunged");
            Told?.Invoke("EXISTS", uid, View[number - 1].Flags, _came[number - 1]);
        }
        else
            Told?.Invoke("FETCH", uid, View[number - 1].Flags, Stopwatch.GetTimestamp());
    }

    [GeneratedRegex(@"^\* (\d+) (EXISTS|EXPUNGE|FETCH)")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"FLAGS \(([^)]*)\)")]
    private static partial Regex Flags();

    [GeneratedRegex(@"[( ]UID (\d+)")]
    private static partial Regex Uid();

    [GeneratedRegex(@"ENVELOPE \((?:NIL|""[^""]*"") ""([^""]+)""")]
    private static partial Regex Subject();

    [GeneratedRegex(@"\[(UIDVALIDITY|COPYUID|APPENDUID) (\d+)([^\]]*)\]")]
    private static partial Regex Code();
}
