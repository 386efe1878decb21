using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MailServer.TestKit.Dialogs;

/// <summary>
/// A conversation in a text file, read and checked line by line:
/// <list type="bullet">
/// <item><c># comment</c>; empty lines mean nothing</item>
/// <item><c>given: max recipients 2</c> sets the key <c>max_recipients</c> to <c>2</c>; without a number the whole is a switch: <c>given: submission</c></item>
/// <item><c>C: text</c> the client sends the text and CRLF</item>
/// <item><c>C! text</c> the client sends the text as it is, with <c>\r \n \t \0 \\ \xHH</c> and <c>{text*times}</c></item>
/// <item><c>S: text</c> the server's next line is exactly this; <c>S~ text</c> it begins so</item>
/// <item><c>closed</c> the server hangs up; <c>hang up</c> the client does</item>
/// <item><c>then: accepted 1</c> for the test to check afterwards</item>
/// </list>
/// </summary>
public sealed partial class Dialog
{
    private readonly string _file;
    private readonly string[] _lines;

    private Dialog(string file, string[] lines)
    {
        _file = file;
        _lines = lines;
        Given = Pairs("given:");
        Then = Pairs("then:");
    }

    /// <summary>The settings, in their order of writing.</summary>
    public IReadOnlyDictionary<string, string> Given { get; }

    /// <summary>What must be true afterwards.</summary>
    public IReadOnlyDictionary<string, string> Then { get; }

    /// <summary>All octets the client sends, for fuzzing.</summary>
    public byte[] ClientOctets => [.. _lines.Where(line => line.StartsWith('C')).SelectMany(ToSend)];

    public static Dialog Read(string file) => new(Path.GetFileName(file), File.ReadAllLines(file, Encoding.UTF8));

    /// <summary>The names of the files in <c>tests/PROJECT/Dialogs</c>, for a theory.</summary>
    public static IEnumerable<string> Names(string project) =>
        Directory.GetFiles(Folder(project), "*.txt").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    public static Dialog Read(string project, string name) => Read(Path.Combine(Folder(project), name));

    /// <summary>Plays the client against a handler that runs on the connection already.</summary>
    public async Task RunAsync(TestConnection connection)
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            var line = _lines[i];
            switch (line)
            {
                case "" or ['#', ..]:
                case var _ when line.StartsWith("given:", StringComparison.Ordinal) || line.StartsWith("then:", StringComparison.Ordinal):
                    break;
                case ['C', ':' or '!', ..]:
                    await connection.SendAsync(ToSend(line));
                    break;
                case ['S', ':', ..]:
                    Check(i, await ReadAsync(connection, i), Expected(line), isPrefix: false);
                    break;
                case ['S', '~', ..]:
                    Check(i, await ReadAsync(connection, i), Expected(line), isPrefix: true);
                    break;
                case "closed":
                    if (await ReadAsync(connection, i) is { } more)
                        throw Failure(i, $"expected the end, got '{more}'");
                    break;
                case "hang up":
                    connection.HangUp();
                    break;
                default:
                    throw Failure(i, $"cannot read '{line}'");
            }
        }
    }

    private static string Folder(string project) => Path.Combine(Repository.Root, "tests", project, "Dialogs");

    // One blank after the mark belongs to it; what follows counts, blanks too.
    private static string TextOf(string line) => line.Length > 2 && line[2] == ' ' ? line[3..] : line[2..];

    // The connection gives each octet as a character; files are in UTF-8.
    private static string Expected(string line) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(TextOf(line)));

    private static byte[] ToSend(string line)
    {
        var text = TextOf(line);
        if (line[1] == ':')
            return Encoding.UTF8.GetBytes(text + "\r\n");
        text = Repeats().Replace(text, match => new StringBuilder().Insert(0, match.Groups[1].Value, int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture)).ToString());
        // Octets above 127 are written as \xHH, so Latin-1 gives each its own.
        return Encoding.Latin1.GetBytes(Escapes().Replace(text, match => match.Value[1] switch
        {
            'r' => "\r",
            'n' => "\n",
            't' => "\t",
            '0' => "\0",
            'x' => ((char)Convert.ToByte(match.Value[2..], 16)).ToString(),
            _ => "\\",
        }));
    }

    private async Task<string?> ReadAsync(TestConnection connection, int line)
    {
        try
        {
            return await connection.ReadLineAsync();
        }
        catch (OperationCanceledException)
        {
            throw Failure(line, "the server says nothing");
        }
    }

    private void Check(int line, string? actual, string expected, bool isPrefix)
    {
        if (actual is null || !(isPrefix ? actual.StartsWith(expected, StringComparison.Ordinal) : actual == expected))
            throw Failure(line, $"expected '{expected}', got '{actual ?? "the end"}'");
    }

    private InvalidOperationException Failure(int line, string reason) => new($"{_file}({line + 1}): {reason}");

    private Dictionary<string, string> Pairs(string prefix)
    {
        var pairs = new Dictionary<string, string>();
        foreach (var line in _lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var words = line[prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var hasValue = words.Length > 1 && char.IsAsciiDigit(words[^1][0]);
            pairs[string.Join('_', hasValue ? words[..^1] : words)] = hasValue ? words[^1] : "";
        }

        return pairs;
    }

    [GeneratedRegex(@"\{(.+?)\*(\d+)\}")]
    private static partial Regex Repeats();

    [GeneratedRegex(@"\\(r|n|t|0|\\|x[0-9A-Fa-f]{2})")]
    private static partial Regex Escapes();
}
