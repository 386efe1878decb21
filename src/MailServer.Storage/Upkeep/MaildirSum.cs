using System.Globalization;

namespace MailServer.Storage;

/// <summary>Compares <c>maildirsize</c> (https://www.courier-mta.org/imap/README.maildirquota.html) with the messages that are there.</summary>
internal sealed class MaildirSum
{
    public const string FileName = "maildirsize";

    /// <summary>Octets: the format asks that it be counted anew from 5120 on, and some programs do so late.</summary>
    public const long MaxOctets = 1 << 20;

    private long _size;
    private long _count;
    private long _countedSize;
    private long _countedCount;

    public void Add(FolderName folder, FolderVerifier verified)
    {
        (_size, _count) = (_size + verified.Octets, _count + verified.Messages);

        // Courier counts neither Trash nor what has the flag for deletion; Dovecot counts all.
        if (folder.Value != "Trash")
            (_countedSize, _countedCount) = (_countedSize + verified.Octets - verified.DeletedOctets, _countedCount + verified.Messages - verified.DeletedMessages);
    }

    /// <summary>What is wrong with it, or null.</summary>
    public string? Trouble(string maildir)
    {
        var (size, count, isFirst) = (0L, 0L, true);
        var trouble = SideFile.Check(Path.Combine(maildir, FileName), MaxOctets, Read, out var isThere);
        if (!isThere || trouble is not null)
            return trouble;
        return (size, count) == (_size, _count) || (size, count) == (_countedSize, _countedCount)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"it says {count} messages of {size} octets, and there are {_count} of {_size}");

        bool Read(string line)
        {
            if (isFirst)
            {
                isFirst = false;
                return true;
            }

            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var octets, var messages]
                || !long.TryParse(octets, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var more)
                || !long.TryParse(messages, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var several))
                return line.Length == 0;
            (size, count) = (size + more, count + several);
            return true;
        }
    }
}
