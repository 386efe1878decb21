using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// The content of <c>dovecot-uidlist</c>: a header <c>3 V(uidvalidity) N(uidnext) G(guid)</c>, then a line <c>uid [keys] :name</c> a
/// message. Version 1 (Courier's too: <c>1 uidvalidity uidnext</c>, <c>uid name</c>) is read too.
/// </summary>
internal sealed partial class UidList
{
    public const string FileName = "dovecot-uidlist";

    private readonly Dictionary<string, UidRecord> _byBase = new(StringComparer.Ordinal);

    public uint UidValidity { get; private set; }

    /// <summary>The next UID to give.</summary>
    public uint UidNext { get; private set; } = 1;

    /// <summary>Header keys beside V and N, as they were read.</summary>
    public string HeaderExtras { get; private set; } = "";

    /// <summary>Whether lines may be appended as the file is: version 3, and its last line is whole.</summary>
    public bool CanAppend { get; private set; }

    /// <summary>
    /// Whether its numbers run out: no folder holds that many messages, only a broken list says so. The folder then begins anew with
    /// another UIDVALIDITY; the room left is more than one opening can use up.
    /// </summary>
    public bool IsExhausted => UidNext > UidValidityFile.Greatest || UidValidity > UidValidityFile.Greatest;

    /// <summary>What is wrong with the file, the first thing of it; null when it was read whole.</summary>
    public string? Damage { get; private set; }

    public bool IsWhole => Damage is null && HasUidValidity && !IsExhausted;

    /// <summary>Whether the file tells its UIDVALIDITY.</summary>
    public bool HasUidValidity => UidValidity > 0;

    public FileStamp Stamp { get; set; }

    /// <summary>A new list without messages.</summary>
    public static UidList Create(uint uidValidity) => new()
    {
        UidValidity = uidValidity,
        HeaderExtras = $"G{Guid.NewGuid():N}",
    };

    /// <summary>Gives the next UID to a message.</summary>
    public UidRecord Add(string baseName, string extras)
    {
        if (UidNext >= uint.MaxValue - 1)
            throw new IOException("the folder has no more UIDs");
        var record = new UidRecord(UidNext++, baseName, extras);
        _byBase[baseName] = record;
        return record;
    }

    /// <summary>Says that the file is as this list is.</summary>
    public void MarkWritten(FileStamp stamp) => (Stamp, CanAppend, Damage) = (stamp, true, null);

    /// <summary>Takes back UIDs that could not be written down; what the file holds now is for a new reading to tell.</summary>
    public void TakeBack(List<UidRecord> records)
    {
        foreach (var record in records)
            _byBase.Remove(record.BaseName);
        (UidNext, Stamp, CanAppend) = (Math.Min(UidNext, records[0].Uid), FileStamp.None, false);
    }

    /// <summary>Puts back messages that another witness knows by UIDs from <paramref name="from"/> on, and gives none of its UIDs again.</summary>
    /// <param name="known">The messages.</param>
    /// <param name="next">Above all UIDs that it knows to have been given.</param>
    /// <param name="from">The first UID that is believed.</param>
    /// <param name="wins">Whether it is believed more than the list.</param>
    /// <returns>How many were missing, or had another UID.</returns>
    public int Restore(IEnumerable<UidRecord> known, uint next, uint from, bool wins)
    {
        var byUid = _byBase.Values.ToDictionary(record => record.Uid);
        var restored = 0;
        UidNext = Math.Max(UidNext, next);
        foreach (var record in known)
        {
            if (record.Uid < from || (_byBase.TryGetValue(record.BaseName, out var ours) && (ours.Uid == record.Uid || !wins)))
                continue;
            if (byUid.TryGetValue(record.Uid, out var other))
            {
                if (!wins)
                    continue;
                _byBase.Remove(other.BaseName);
            }

            _byBase[record.BaseName] = byUid[record.Uid] = record;
            UidNext = Math.Max(UidNext, record.Uid + 1);
            restored++;
        }

        return restored;
    }

    /// <summary>Whether another witness has no message under another UID, and at least so many under the same.</summary>
    public bool AgreesWith(IEnumerable<UidRecord> known, int atLeast)
    {
        var same = 0;
        foreach (var record in known)
            if (_byBase.TryGetValue(record.BaseName, out var ours))
            {
                if (ours.Uid != record.Uid)
                    return false;
                same++;
            }

        return same >= atLeast;
    }

    /// <summary>Puts the list under another UIDVALIDITY. UIDs stay as far as numbers are left.</summary>
    public void Renew(uint uidValidity)
    {
        UidValidity = uidValidity;
        Damage ??= "its numbers run out";
        if (HeaderExtras.Length == 0)
            HeaderExtras = $"G{Guid.NewGuid():N}";
        if (UidNext <= UidValidityFile.Greatest)
            return;
        var records = _byBase.Values.OrderBy(record => record.Uid).ToList();
        UidNext = 1;
        foreach (var record in records)
            _byBase[record.BaseName] = record with { Uid = UidNext++ };
    }

    /// <summary>Says that it was read from another server's file, which is not ours to keep or to append to.</summary>
    public void MarkForeign() => (CanAppend, Damage) = (false, null);

    /// <summary>Gives messages the POP3 unique-ids of another server, where they have none.</summary>
    public void TakePop3Ids(IReadOnlyDictionary<string, string> ids)
    {
        foreach (var (baseName, id) in ids)
            if (_byBase.TryGetValue(baseName, out var record) && record.Extra('P') is null)
                _byBase[baseName] = record with { Extras = record.Extras.Length == 0 ? $"P{id}" : $"{record.Extras} P{id}" };
    }

    /// <summary>Has the next writing replace the file.</summary>
    public void MustReplace() => CanAppend = false;

    public void Forget(string baseName) => _byBase.Remove(baseName);

    /// <summary>The whole file.</summary>
    public byte[] Format(IEnumerable<UidRecord> records)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"3 V{UidValidity} N{UidNext}");
        if (HeaderExtras.Length > 0)
            text.Append(' ').Append(HeaderExtras);
        text.Append('\n');
        foreach (var record in records.OrderBy(record => record.Uid))
            Append(text, record);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Lines to append.</summary>
    public static byte[] FormatLines(IEnumerable<UidRecord> records)
    {
        var text = new StringBuilder();
        foreach (var record in records)
            Append(text, record);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, UidRecord record)
    {
        text.Append(CultureInfo.InvariantCulture, $"{record.Uid} ");
        if (record.Extras.Length > 0)
            text.Append(record.Extras).Append(' ');
        text.Append(':').Append(record.BaseName).Append('\n');
    }
}
