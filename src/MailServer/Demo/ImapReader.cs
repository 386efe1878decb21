using System.Globalization;
using System.Text;

namespace MailServer.Server.Demo;

/// <summary>A message as a client sees it in a listing.</summary>
internal sealed record ListedMessage(string Folder, string Flags, string Headers)
{
    /// <summary>A field's value, unfolded; empty when it is not there.</summary>
    public string Field(string name) => MessageHeaders.Find(Headers, name) ?? "";
}

/// <summary>Reads mail by IMAP, as a client does that opens each folder (RFC 3501).</summary>
internal sealed class ImapReader : IAsyncDisposable
{
    private readonly LineStream _line;
    private int _tag;

    private ImapReader(LineStream line) => _line = line;

    public static async Task<ImapReader> ConnectAsync(int port, string user, string password, CancellationToken cancellationToken)
    {
        var reader = new ImapReader(await LineStream.ConnectAsync(port, cancellationToken).ConfigureAwait(false));
        try
        {
            await reader._line.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            await reader.CommandAsync("STARTTLS", cancellationToken).ConfigureAwait(false);
            await reader._line.StartTlsAsync(cancellationToken).ConfigureAwait(false);
            await reader.CommandAsync($"LOGIN {Quoted(user)} {Quoted(password)}", cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>All folders that can be opened, as they are named on the wire.</summary>
    public async Task<IReadOnlyList<string>> FoldersAsync(CancellationToken cancellationToken) =>
    [
        .. (await CommandAsync("LIST \"\" \"*\"", cancellationToken).ConfigureAwait(false))
            .Where(response => response.Text.StartsWith("* LIST ", StringComparison.Ordinal) && !response.Text.Contains("\\Noselect", StringComparison.OrdinalIgnoreCase))
            .Select(response => response.Literal is { } literal ? Encoding.UTF8.GetString(literal) : NameIn(response.Text)),
    ];

    /// <summary>The messages of a folder, with flags and the fields that a listing shows.</summary>
    public async Task<IReadOnlyList<ListedMessage>> ListAsync(string folder, CancellationToken cancellationToken)
    {
        var opened = await CommandAsync($"EXAMINE {Quoted(folder)}", cancellationToken).ConfigureAwait(false);
        if (opened.Any(response => response.Text == "* 0 EXISTS"))
            return [];
        var fetched = await CommandAsync("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (FROM SUBJECT MESSAGE-ID)])", cancellationToken).ConfigureAwait(false);
        return
        [
            .. fetched.Where(response => response.Literal is not null).Select(response => new ListedMessage(
                folder, FlagsIn(response.Text), Encoding.UTF8.GetString(response.Literal ?? []))),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _line.WriteLineAsync("z LOGOUT", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has hung up first.
        }

        await _line.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<Response>> CommandAsync(string command, CancellationToken cancellationToken)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"d{++_tag}");
        await _line.WriteLineAsync($"{tag} {command}", cancellationToken).ConfigureAwait(false);
        var responses = new List<Response>();
        while (true)
        {
            var response = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!response.Text.StartsWith(tag + " ", StringComparison.Ordinal))
                responses.Add(response);
            else if (response.Text.StartsWith($"{tag} OK", StringComparison.Ordinal))
                return responses;
            else
                throw new IOException($"{command.Split(' ')[0]}: {response.Text}");
        }
    }

    /// <summary>A response; what follows a literal belongs to it (RFC 3501 §4.3).</summary>
    private async Task<Response> ReadAsync(CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        byte[]? literal = null;
        while (true)
        {
            var line = await _line.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            text.Append(line);
            if (!line.EndsWith('}') || line.LastIndexOf('{') is var open && open < 0
                || !int.TryParse(line.AsSpan(open + 1, line.Length - open - 2), CultureInfo.InvariantCulture, out var count))
                return new(text.ToString(), literal);
            literal = await _line.ReadAsync(count, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string NameIn(string list)
    {
        if (!list.EndsWith('"'))
            return list[(list.LastIndexOf(' ') + 1)..];
        // The name is the last quoted string; a quote in it is escaped.
        var start = list.Length - 2;
        while (start > 0 && !(list[start] == '"' && list[start - 1] != '\\'))
            start--;
        return list[(start + 1)..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
    }

    private static string FlagsIn(string fetch)
    {
        var start = fetch.IndexOf("FLAGS (", StringComparison.Ordinal);
        return start < 0 ? "" : fetch[(start + 7)..fetch.IndexOf(')', start)];
    }

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private sealed record Response(string Text, byte[]? Literal);
}
