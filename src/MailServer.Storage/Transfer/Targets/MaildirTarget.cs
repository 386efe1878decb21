using System.Collections.Frozen;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>A folder of a Maildir++. Messages keep their base names, so that programs that know them by these know them again.</summary>
internal sealed class MaildirTarget : ExportTarget
{
    /// <summary>Files that get their names together.</summary>
    private const int BatchSize = 64;

    private readonly StoreContext _store;
    private readonly FolderPlace _place;
    private readonly bool _isLinked;
    private readonly HashSet<string> _there = new(StringComparer.Ordinal);
    private readonly List<(string Draft, string BaseName, MessageFlags Flags, bool InNew)> _batch = [];
    private readonly FurtherKeywords _further;
    private KeywordFile _keywords;

    /// <exception cref="IOException">The directory cannot be written.</exception>
    public MaildirTarget(StoreContext store, FolderPlace place, bool isLinked)
    {
        (_store, _place, _isLinked) = (store, place, isLinked);
        _keywords = KeywordFile.Read(place.File(KeywordFile.FileName), store.Logger);
        _further = FurtherKeywords.Read(place.File(FurtherKeywords.FileName), store.Logger);
        foreach (var part in (string[])[place.New, place.Cur])
            foreach (var path in Directory.EnumerateFiles(part))
                _there.Add(MessageName.BaseOf(Path.GetFileName(path)).ToString());
    }

    public override bool Has(FolderView view, int sequence) => _there.Contains(view.BaseNameAt(sequence));

    public override async ValueTask<bool> WriteAsync(FolderView view, int sequence, CancellationToken cancellationToken)
    {
        var info = view.InfoAt(sequence);
        var draft = Path.Combine(_place.Tmp, _store.Names.Next());
        if (!await view.WithFileAsync(sequence, path => Copy(path, draft), cancellationToken).ConfigureAwait(false))
            return false;
        _batch.Add((draft, view.BaseNameAt(sequence), info.Flags, view.IsInNew(sequence)));
        if (_batch.Count == BatchSize)
            await FlushAsync().ConfigureAwait(false);
        return true;
    }

    public override async ValueTask FinishAsync(FolderView view)
    {
        await FlushAsync().ConfigureAwait(false);
        DurableFile.SyncDirectory(_place.New);
        DurableFile.SyncDirectory(_place.Cur);
    }

    public override void Dispose()
    {
        foreach (var (draft, _, _, _) in _batch)
            DurableFile.TryUnlink(draft);
    }

    private void Copy(string path, string draft)
    {
        if (_isLinked)
            new Deliverer(_store).LinkOrCopy(path, draft);
        else
            Deliverer.Copy(path, draft);
    }

    private async ValueTask FlushAsync()
    {
        if (_batch.Count == 0)
            return;
        await WriteKeywordsAsync().ConfigureAwait(false);
        foreach (var (draft, baseName, flags, inNew) in _batch)
        {
            var letters = FlagLetters.Of(flags.System).Concat(flags.Keywords.Select(_keywords.LetterOf).Where(letter => letter != '\0'));
            var name = inNew ? Path.Combine(_place.New, baseName) : Path.Combine(_place.Cur, MessageName.WithLetters(baseName, letters, default));
            DurableFile.RenameNoReplace(draft, name);
        }

        _batch.Clear();
    }

    /// <summary>Before the messages have their names, so that none is there without its keywords.</summary>
    private async ValueTask WriteKeywordsAsync()
    {
        var names = _batch.SelectMany(file => file.Flags.Keywords).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (names.Exists(name => _keywords.LetterOf(name) == '\0') && _keywords.Names.Count() < KeywordFile.Letters)
        {
            var grown = _keywords.With(names, FrozenSet<char>.Empty);
            await _store.Disk.RunAsync(() => _keywords = grown.Write(_place.File(KeywordFile.FileName))).ConfigureAwait(false);
        }

        var isFurther = false;
        foreach (var (_, baseName, flags, _) in _batch)
            isFurther |= _further.Set(baseName, [.. flags.Keywords.Where(name => _keywords.LetterOf(name) == '\0')]);
        if (isFurther)
            await _store.Disk.RunAsync(() => _further.Write(_place.File(FurtherKeywords.FileName))).ConfigureAwait(false);
    }
}
