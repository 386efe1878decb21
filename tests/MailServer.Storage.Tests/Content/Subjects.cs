namespace MailServer.Storage.Tests;

/// <summary>Makes what a search looks at.</summary>
internal static class Subjects
{
    public static SearchSubject Of(byte[]? stored, MessageFlags flags = default, Action? opened = null) => new()
    {
        Info = new MessageInfo { Uid = 40, Flags = flags, Size = 1000, InternalDate = new DateTimeOffset(2026, 3, 1, 23, 30, 0, TimeSpan.FromHours(2)), ModSeq = 7 },
        Sequence = 4,
        IsRecent = false,
        LastUid = 50,
        LastSequence = 5,
        Open = () =>
        {
            opened?.Invoke();
            return stored is null ? null : new MemoryStream(stored);
        },
    };
}
