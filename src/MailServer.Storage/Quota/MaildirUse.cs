namespace MailServer.Storage;

/// <summary>What an account holds, or by how much that changes.</summary>
/// <param name="Storage">Octets of the messages' files.</param>
/// <param name="Messages">How many they are.</param>
internal readonly record struct MaildirUse(long Storage, long Messages)
{
    public static MaildirUse operator +(MaildirUse left, MaildirUse right) => new(left.Storage + right.Storage, left.Messages + right.Messages);

    /// <summary>Whether so much more stays within the limits. Anything has an octet at least, so a full account takes nothing.</summary>
    public bool Fits(MaildirUse more, Quota limit) =>
        !(Storage + Math.Max(more.Storage, 1) > limit.Storage) && !(Messages + more.Messages > limit.Messages);

    /// <summary>The part of the limit that is used, in per cent; of two limits the one that is nearer.</summary>
    public int PercentOf(Quota limit) => Math.Max(Percent(Storage, limit.Storage), Percent(Messages, limit.Messages));

    private static int Percent(long used, long? limit) => limit is > 0 and var most ? (int)Math.Min(used * 100m / most, int.MaxValue) : 0;
}
