namespace MailServer.Storage;

/// <summary>The letters of the system flags in a Maildir name, in ASCII order as they are written there.</summary>
internal static class FlagLetters
{
    private static readonly (char Letter, SystemFlags Flag)[] Table =
    [
        ('D', SystemFlags.Draft),
        ('F', SystemFlags.Flagged),
        ('R', SystemFlags.Answered),
        ('S', SystemFlags.Seen),
        ('T', SystemFlags.Deleted),
    ];

    public static IEnumerable<char> Of(SystemFlags flags) => Table.Where(row => (flags & row.Flag) != 0).Select(row => row.Letter);

    public static SystemFlags Parse(char letter)
    {
        foreach (var row in Table)
            if (row.Letter == letter)
                return row.Flag;
        return SystemFlags.None;
    }
}
