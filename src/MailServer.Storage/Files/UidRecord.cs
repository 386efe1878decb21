namespace MailServer.Storage;

/// <summary>A line of <c>dovecot-uidlist</c>.</summary>
/// <param name="Uid">The UID.</param>
/// <param name="BaseName">The message's base name.</param>
/// <param name="Extras">Keys such as <c>S123 W130 P0001</c> as they were read; kept though not understood.</param>
internal readonly record struct UidRecord(uint Uid, string BaseName, string Extras)
{
    /// <summary>Whether the UID was given to the note that stands for a file that cannot be read.</summary>
    public bool IsNote => Extras.Length > 0 && Extra(UnreadableNote.Key) is not null;

    /// <summary>The value of a one-letter key, or null.</summary>
    public string? Extra(char key)
    {
        foreach (var word in Extras.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            if (word[0] == key)
                return word[1..];
        return null;
    }
}
