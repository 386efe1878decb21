using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// The header fields in which mbox programs keep what other stores keep beside the message. Those that stand together at the very top are
/// the program's, and then all below them are the message's own; else they are taken wherever they stand.
/// </summary>
internal sealed class MboxFields
{
    /// <summary>
    /// The last field that an export of ours puts on top, so that the message's own begin below it. It says, too, whether the message ends
    /// with a line end, which an mbox cannot say otherwise.
    /// </summary>
    private const string End = "X-Mailserver-Export";

    private const string Whole = "whole";

    private const string NoFinalNewline = "no-final-newline";

    private const string InternalData = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";

    private static readonly string[] Names =
    [
        "Status", "X-Status", "X-Keywords", "X-UID", "X-IMAP", "X-IMAPbase", "X-Mozilla-Status", "X-Mozilla-Status2", "X-Mozilla-Keys",
        "Content-Length", End,
    ];

    private static readonly (char Letter, SystemFlags Flag)[] Letters =
    [
        ('A', SystemFlags.Answered), ('D', SystemFlags.Deleted), ('F', SystemFlags.Flagged), ('T', SystemFlags.Draft),
    ];

    private readonly List<(int Start, int End)> _taken = [];
    private readonly List<string> _keywords = [];
    private SystemFlags _system;

    public MessageFlags Flags => KeywordName.Allowed(new() { System = _system, Keywords = [.. _keywords.Distinct(StringComparer.OrdinalIgnoreCase)] });

    /// <summary>What an <c>mboxcl</c> says of the body's length; to be believed only when it fits.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>Where the body begins; -1 when the header is longer than what was looked at, or has no end.</summary>
    public int BodyStart { get; private set; } = -1;

    public bool HasFinalNewline { get; private set; } = true;

    /// <summary>Why it is no message of the folder; null when it is one.</summary>
    public SkipReason? Skip { get; private set; }

    /// <summary>Reads the head of a message.</summary>
    /// <param name="text">What follows its From_ line.</param>
    /// <param name="fits">Whether a length of the body is right, given where the body begins.</param>
    public static MboxFields Read(ReadOnlySpan<byte> text, Func<int, long, bool> fits)
    {
        var fields = new MboxFields();
        var (isTop, hasTop, hasImap) = (true, false, false);
        List<(int Start, int End)> lengths = [];
        var scan = new HeaderScan(text);
        while (scan.Next())
        {
            if (scan.Is("Subject"u8) && hasImap && scan.Text().StartsWith(InternalData, StringComparison.Ordinal))
                fields.Skip = new("it is not mail, but data of the program that kept the folder", false);
            if (NameOf(scan) is not { } known)
            {
                isTop = false;
                continue;
            }

            if (!isTop && hasTop)
                continue;
            (hasTop, isTop) = (hasTop || isTop, isTop && known != End);
            hasImap |= known is "X-IMAP" or "X-IMAPbase";
            if (known == "Content-Length")
                lengths.Add((scan.Start, scan.End));
            else if (known == End)
                fields._taken.Add((scan.Start, scan.Start + text[scan.Start..].IndexOf((byte)'\n') + 1)); // a message may begin with a folded line
            else
                fields._taken.Add((scan.Start, scan.End));
            fields.Take(known, known == End ? scan.FirstLine() : scan.Text());
        }

        fields.FinishAt(text, scan.End, lengths, fits);
        return fields;
    }

    /// <summary>Whether the field that begins there was mbox's; then where it ends.</summary>
    public bool IsTaken(long offset, out int end)
    {
        foreach (var (start, stop) in _taken)
            if (start == offset)
            {
                end = stop;
                return true;
            }

        end = 0;
        return false;
    }

    /// <summary>The fields for a message on its way out; what stands below them is the message's own.</summary>
    public static byte[] Format(MessageFlags flags, bool hasFinalNewline)
    {
        var text = new StringBuilder();
        text.Append("Status: ").Append((flags.System & SystemFlags.Seen) != 0 ? "RO" : "O").Append('\n');
        var letters = string.Concat(Letters.Where(row => (flags.System & row.Flag) != 0).Select(row => row.Letter));
        if (letters.Length > 0)
            text.Append("X-Status: ").Append(letters).Append('\n');
        if (flags.Keywords.Count > 0)
            text.Append("X-Keywords: ").AppendJoin(' ', flags.Keywords).Append('\n');
        text.Append(End).Append(": ").Append(hasFinalNewline ? Whole : NoFinalNewline).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string? NameOf(in HeaderScan scan)
    {
        foreach (var name in Names)
            if (Ascii.EqualsIgnoreCase(scan.Name, name))
                return name;
        return null;
    }

    private void Take(string name, string value)
    {
        switch (name)
        {
            case "Status":
                _system |= value.Contains('R', StringComparison.Ordinal) ? SystemFlags.Seen : 0;
                break;
            case "X-Status":
                foreach (var (letter, flag) in Letters)
                    _system |= value.Contains(letter, StringComparison.Ordinal) ? flag : 0;
                break;
            case "X-Keywords" or "X-Mozilla-Keys":
                _keywords.AddRange(value.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
                break;
            case "X-Mozilla-Status" when uint.TryParse(value, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits):
                TakeMozilla(bits);
                break;
            case "Content-Length" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length):
                ContentLength = length;
                break;
            case End:
                HasFinalNewline = value != NoFinalNewline;
                break;
            default:
                break;
        }
    }

    /// <summary>Thunderbird's nsMsgMessageFlags, as far as they are kept with the message.</summary>
    private void TakeMozilla(uint bits)
    {
        _system |= ((bits & 1) != 0 ? SystemFlags.Seen : 0) | ((bits & 2) != 0 ? SystemFlags.Answered : 0) | ((bits & 4) != 0 ? SystemFlags.Flagged : 0);
        if ((bits & 8) != 0)
            Skip = new("it was deleted in Thunderbird, and waited for the folder to be compacted", false);
        if ((bits & 0x1000) != 0)
            _keywords.Add("$Forwarded");
    }

    private void FinishAt(ReadOnlySpan<byte> text, int end, List<(int Start, int End)> lengths, Func<int, long, bool> fits)
    {
        if (text[end..].StartsWith("\n"u8))
            BodyStart = end + 1;
        else if (text[end..].StartsWith("\r\n"u8))
            BodyStart = end + 2;
        if (ContentLength is { } length && BodyStart >= 0 && fits(BodyStart, length))
            _taken.AddRange(lengths);
        else
            ContentLength = null;
    }
}
