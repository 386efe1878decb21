using System.Globalization;
using System.Text;

namespace MailServer.Accounts.Sasl;

/// <summary>Unicode 3.2 as RFC 3454 froze it. Read from <c>stringprep.txt</c> when the first password outside US-ASCII comes.</summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly Dictionary<string, List<(int First, int Last)>> _ranges = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, int[]> _splits = [];
    private readonly Dictionary<(int First, int Second), int> _joins = [];

    private UnicodeTables()
    {
        using var resource = typeof(UnicodeTables).Assembly.GetManifestResourceStream("stringprep.txt")
            ?? throw new InvalidOperationException("stringprep.txt is not in the assembly");
        using var lines = new StreamReader(resource, Encoding.ASCII);
        while (lines.ReadLine() is { } line)
            if (!line.StartsWith('#'))
                Read(line.Split(' '));
    }

    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>RFC 3454 table C.1.2, blanks outside US-ASCII.</summary>
    public bool IsSpace(int codePoint) => IsIn("space", codePoint);

    /// <summary>RFC 3454 table B.1, what is mapped to nothing.</summary>
    public bool IsNothing(int codePoint) => IsIn("nothing", codePoint);

    /// <summary>The tables of RFC 4013 §2.3.</summary>
    public bool IsProhibited(int codePoint) => IsIn("prohibited", codePoint);

    /// <summary>RFC 3454 table D.1, RandALCat.</summary>
    public bool IsRightToLeft(int codePoint) => IsIn("right", codePoint);

    /// <summary>RFC 3454 table D.2, LCat.</summary>
    public bool IsLeftToRight(int codePoint) => IsIn("left", codePoint);

    public byte CombiningClass(int codePoint) => _classes.GetValueOrDefault(codePoint);

    public bool TrySplit(int codePoint, out int[] parts) => _splits.TryGetValue(codePoint, out parts!);

    public bool TryJoin(int first, int second, out int composite) => _joins.TryGetValue((first, second), out composite);

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private void Read(string[] fields)
    {
        switch (fields[0])
        {
            case "class":
                for (var c = Hex(fields[1]); c <= Hex(fields[2]); c++)
                    _classes[c] = byte.Parse(fields[3], CultureInfo.InvariantCulture);
                break;
            case "split":
                _splits[Hex(fields[1])] = [.. fields.Skip(2).Select(Hex)];
                break;
            case "join":
                _joins[(Hex(fields[1]), Hex(fields[2]))] = Hex(fields[3]);
                break;
            default:
                if (!_ranges.TryGetValue(fields[0], out var ranges))
                    _ranges[fields[0]] = ranges = [];
                ranges.Add((Hex(fields[1]), Hex(fields[2])));
                break;
        }
    }

    private bool IsIn(string table, int codePoint)
    {
        var ranges = _ranges[table];
        var (low, high) = (0, ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (codePoint < ranges[middle].First)
                high = middle - 1;
            else if (codePoint > ranges[middle].Last)
                low = middle + 1;
            else
                return true;
        }

        return false;
    }
}
