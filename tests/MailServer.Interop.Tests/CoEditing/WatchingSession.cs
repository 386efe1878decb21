using System.Globalization;
using System.Text.RegularExpressions;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>An IMAP session that believes only what it was told: its view is made of the EXISTS, EXPUNGE and FETCH it was sent.</summary>
internal sealed partial class WatchingSession : IAsyncDisposable
{
    private readonly LineClient _client;
    private int _tag;
    private Task<string>? _pending;

    private WatchingSession(LineClient client) => _client = client;

    /// <summary>UIDs and flags in order of sequence number; UID 0 is a message it has not asked about yet.</summary>
    public List<(uint Uid, string Flags)> View { get; } = [];

    public string UidValidity { get; private set; } = "";

    /// <summary>Told of each untagged change at once, before anything is asked.</summary>
    public Action<string, uint, string>? Told { get; set; }

    public static async Task<WatchingSession> OpenAsync(ServerProcess server, string folder)
    {
        var session = new WatchingSession(await LineClient.ConnectTlsAsync(server, "imaps"));
        await session.CommandAsync($"LOGIN alice@example.org {ServerProcess.Password}");
        await session.CommandAsync($"SELECT {folder}");
        await session.FillAsync();
        return session;
    }

    /// <summary>Says a command; returns the tagged reply without its tag.</summary>
    public async Task<string> CommandAsync(string command)
    {
        var tag = Tag();
        await _client.SendAsync($"{tag} {command}\r\n");
        var reply = await UntilAsync(tag);
        Assert.True(!reply.StartsWith("BAD", StringComparison.Ordinal), $"{command}: {reply}");
        return reply;
    }

    /// <summary>Appends a message; returns the tagged reply.</summary>
    public async Task<string> AppendAsync(string folder, string flags, string text)
    {
        var tag = Tag();
        await _client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"{tag} APPEND {folder} ({flags}) {{{text.Length}+}}\r\n{text}\r\n"));
        return await UntilAsync(tag);
    }

    /// <summary>Waits in IDLE, then asks for the UIDs of what has come.</summary>
    public async Task IdleAsync(TimeSpan time)
    {
        var tag = Tag();
        await _client.SendAsync($"{tag} IDLE\r\n");
        var over = Task.Delay(time);
        while (await Task.WhenAny(_pending ??= _client.ReadLineAsync(), over) != over)
            Take(await NextAsync());
        await _client.SendAsync("DONE\r\n");
        Assert.StartsWith("OK", await UntilAsync(tag), StringComparison.Ordinal);
        await FillAsync();
    }

    public async Task FillAsync()
    {
        while (View.FindIndex(message => message.Uid == 0) is >= 0 and var first)
            Assert.StartsWith("OK", await CommandAsync(string.Create(CultureInfo.InvariantCulture, $"FETCH {first + 1}:* (UID FLAGS)")), StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

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
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                return line[(tag.Length + 1)..];
            Take(line);
        }
    }

    private void Take(string line)
    {
        if (Validity().Match(line) is { Success: true } validity)
            UidValidity = validity.Groups[1].Value;
        if (Numbered().Match(line) is not { Success: true } match)
            return;
        var number = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        switch (match.Groups[2].Value)
        {
            case "EXISTS":
                Assert.True(number >= View.Count, $"EXISTS {number} after {View.Count}");
                for (; View.Count < number;)
                    View.Add((0, ""));
                break;
            case "EXPUNGE":
                Told?.Invoke("EXPUNGE", View[number - 1].Uid, "");
                View.RemoveAt(number - 1);
                break;
            case "FETCH" when Flags().Match(line) is { Success: true } flags:
                var uid = Uid().Match(line) is { Success: true } found ? uint.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) : View[number - 1].Uid;
                Assert.True(View[number - 1].Uid == 0 || View[number - 1].Uid == uid, $"UID {View[number - 1].Uid} has become {uid}");
                View[number - 1] = (uid, Sorted(flags.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
                Told?.Invoke("FETCH", uid, View[number - 1].Flags);
                break;
        }
    }

    /// <summary>Flags in one form, so that they can be compared; \Recent is each session's own.</summary>
    public static string Sorted(IEnumerable<string> flags) => string.Join(' ', flags.Where(flag => flag != @"\Recent").Order(StringComparer.Ordinal));

    [GeneratedRegex(@"^\* (\d+) (EXISTS|EXPUNGE|FETCH)")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"FLAGS \(([^)]*)\)")]
    private static partial Regex Flags();

    [GeneratedRegex(@"[( ]UID (\d+)")]
    private static partial Regex Uid();

    [GeneratedRegex(@"UIDVALIDITY (\d+)")]
    private static partial Regex Validity();
}
