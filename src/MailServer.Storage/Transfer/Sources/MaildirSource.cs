using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>The messages of one Maildir folder, as Dovecot, Courier, or a mail program have left them. Its mail is not changed.</summary>
internal sealed class MaildirSource : FileSource
{
    private readonly KeywordFile _keywords;
    private readonly FurtherKeywords _further;
    private readonly Dictionary<string, string[]> _courier;

    /// <exception cref="IOException">The folder cannot be read.</exception>
    public MaildirSource(string path, string name, FolderName folder, ILogger logger)
        : base(name, folder)
    {
        var place = new FolderPlace(path, folder, path);
        _keywords = TryRead(() => KeywordFile.Read(place.File(KeywordFile.FileName), logger), logger) ?? KeywordFile.Empty;
        _further = TryRead(() => FurtherKeywords.Read(place.File(FurtherKeywords.FileName), logger), logger) ?? new();
        _courier = TryRead(() => CourierFiles.ReadKeywords(place, logger), logger) ?? [];
        var files = new[] { place.New, place.Cur }
            .Where(Directory.Exists)
            .SelectMany(part => new DirectoryInfo(part).EnumerateFiles())
            .Where(file => MessageName.IsMessage(file.Name))
            .ToList();

        // In the order in which a server would have numbered them.
        files.Sort(static (left, right) => MessageName.CompareArrival(left.Name, right.Name));
        Files = files;
    }

    protected override IReadOnlyList<FileInfo> Files { get; }

    protected override SourceMessage Describe(SourceMessage message, FileInfo file, ReadOnlySpan<byte> head)
    {
        var baseName = MessageName.BaseOf(file.Name).ToString();
        var system = SystemFlags.None;
        List<string> keywords = [.. _further.Of(baseName), .. _courier.GetValueOrDefault(baseName, [])];
        foreach (var letter in MessageName.LettersOf(file.Name))
            if (letter == 'P')
                keywords.Add("$Forwarded"); // P for passed, https://cr.yp.to/proto/maildir.html
            else if (_keywords.NameOf(letter) is { } keyword)
                keywords.Add(keyword);
            else
                system |= FlagLetters.Parse(letter);
        return message with
        {
            Origin = $"{Path.Combine(Name, baseName)}",
            Flags = KeywordName.Allowed(new() { System = system, Keywords = [.. keywords.Distinct(StringComparer.OrdinalIgnoreCase)] }),
            Date = file.LastWriteTimeUtc,
        };
    }

    /// <summary>Mail without its keywords is better than no mail.</summary>
    private static T? TryRead<T>(Func<T> read, ILogger logger)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            Log.DiskFailed(logger, "reading keywords", failure.Message);
            return null;
        }
    }
}
