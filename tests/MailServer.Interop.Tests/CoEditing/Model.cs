using System.Collections.Concurrent;

namespace MailServer.Interop.Tests.CoEditing;

/// <summary>What must be true of one message. Each attribute has one actor that changes it, so the last wish of that actor must hold.</summary>
internal sealed class Mail
{
    /// <summary>In <see cref="Letters"/>, the keyword $Co, whose letter each folder has for itself.</summary>
    public const char Keyword = '$';

    /// <summary>Where it must be, as often as it stands here.</summary>
    public List<string> Places { get; set; } = [];

    /// <summary>Whether an unanswered command may or may not have been done: what is found then counts.</summary>
    public bool IsUncertain { get; set; }

    /// <summary>Whether it was ever acknowledged or put there: then it may not vanish.</summary>
    public bool IsThere { get; set; }

    /// <summary>Whether its owner wants it gone.</summary>
    public bool IsDoomed { get; set; }

    public ConcurrentDictionary<char, bool> Letters { get; } = new();

    /// <summary>Moves it, in the model, from one folder to another.</summary>
    public void Move(string from, string to)
    {
        List<string> places = [.. Places, to];
        places.Remove(from);
        Places = places;
    }
}

/// <summary>A copy as the server has named it by COPYUID or APPENDUID: that message, with those flags, under that UID.</summary>
internal sealed record Promise(string Folder, string Validity, uint Uid, string Mark, bool? IsAnswered);

/// <summary>What the actors did, and what was found before: the checker compares the disk and the sessions with it.</summary>
internal sealed class Model
{
    private int _count;

    public ConcurrentDictionary<string, Mail> Mails { get; } = new(StringComparer.Ordinal);

    /// <summary>UIDs by folder, UIDVALIDITY and base name: once given, for ever.</summary>
    public Dictionary<(string Folder, string Validity, string BaseName), uint> Given { get; } = [];

    public ConcurrentQueue<Promise> Promises { get; } = new();

    public (string Mark, Mail Mail) New(string herd, params string[] places)
    {
        var mark = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{herd}-{Interlocked.Increment(ref _count):d6}");
        var mail = new Mail { Places = [.. places], IsThere = places.Length > 0 };
        Mails[mark] = mail;
        return (mark, mail);
    }

    public static string Text(string mark, string end = "\n") =>
        string.Join(end, $"Subject: {mark}", $"Message-ID: <{mark}@coedit.example>", "From: a@example.net", "To: alice@example.org", "", $"body of {mark}", "");
}
