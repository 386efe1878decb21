using System.Globalization;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary>Says on a terminal how far a long work is, on one line that changes; a file or pipe hears nothing.</summary>
internal sealed class StoreProgress(string account) : IProgress<UpkeepProgress>, IDisposable
{
    private const int Width = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly bool _isShown = !Console.IsErrorRedirected;
    private long _last;

    public void Report(UpkeepProgress value)
    {
        if (!_isShown || (_last != 0 && TimeProvider.System.GetElapsedTime(_last) < Pause))
            return;
        _last = TimeProvider.System.GetTimestamp();
        var line = string.Create(CultureInfo.InvariantCulture, $"{account}: folder {value.Folders} of {value.AllFolders}, {StoreText.Count(value.Messages, "message")}: {value.Folder}");
        Console.Error.Write($"\r{(line.Length > Width ? line[..Width] : line).PadRight(Width)}");
    }

    public void Dispose()
    {
        if (_last != 0)
            Console.Error.Write($"\r{"".PadRight(Width)}\r");
    }
}
