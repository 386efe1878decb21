using System.Text;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>The message as filters see it. Its header is decoded only when somebody asks, and field by field.</summary>
internal sealed class SpooledMessage(string id, ISpool spool, HeaderBlock header) : IMessage
{
    /// <summary>Fields that filters may put on top: a filter writes a handful.</summary>
    public const int MaxPrepended = 100;

    private readonly Lock _lock = new();
    private readonly List<(string Name, string Value)> _prepended = [];
    private bool _isSealed;

    public string Id => id;

    public long Size { get; } = spool.Size;

    public double JunkScore { get; set; }

    public HeaderBlock Block => header;

    /// <summary>What filters have put on top, top first.</summary>
    public IReadOnlyList<(string Name, string Value)> Prepended
    {
        get
        {
            lock (_lock)
                return [.. Enumerable.Reverse(_prepended)];
        }
    }

    public string? Header(string name) => Headers(name) is [var first, ..] ? first : null;

    public IReadOnlyList<string> Headers(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        List<string> values = [.. Prepended.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];
        if (Ascii.IsValid(name))
            HeaderDecoder.AddValues(header, Encoding.ASCII.GetBytes(name), values);
        return values;
    }

    public Stream OpenRead() => StoredText.AsSent(spool.OpenRead());

    /// <summary>The file as it is, with LF line ends.</summary>
    public Stream OpenFile() => spool.OpenRead();

    public void Prepend(string name, string value)
    {
        FieldWriter.Check(name, value);
        lock (_lock)
        {
            // A filter that was given up on may still run; what it finds comes too late.
            if (_isSealed)
                throw new InvalidOperationException("the filters have had their time");
            if (_prepended.Count == MaxPrepended)
                throw new ArgumentException($"more than {MaxPrepended} fields", nameof(name));
            _prepended.Add((name, value));
        }
    }

    /// <summary>No more fields.</summary>
    public void Seal()
    {
        lock (_lock)
            _isSealed = true;
    }
}
