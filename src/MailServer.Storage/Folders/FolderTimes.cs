namespace MailServer.Storage;

/// <summary>When <c>new</c> and <c>cur</c> last changed.</summary>
internal readonly record struct FolderTimes(long New, long Cur)
{
    /// <summary>File systems stamp with the kernel's coarse clock, 4 to 10 ms a tick: within this, two changes may look like one.</summary>
    private static readonly long Tick = TimeSpan.FromMilliseconds(20).Ticks;

    /// <summary>Old file systems count in whole seconds, FAT in twos.</summary>
    private static readonly long CoarseTick = TimeSpan.FromMilliseconds(2020).Ticks;

    public static FolderTimes Of(FolderPlace place) =>
        new(Directory.GetLastWriteTimeUtc(place.New).Ticks, Directory.GetLastWriteTimeUtc(place.Cur).Ticks);

    /// <summary>
    /// Whether a look between these times and those, which began at that time, had a <c>new</c> into which nothing came and from which nothing went.
    /// </summary>
    public bool KeptNewUntil(FolderTimes after, long began) => New == after.New && IsPast(New, began);

    /// <summary>Whether a look that began at that time saw all that these times tell of.</summary>
    public bool IsSettledAt(long ticks) => IsPast(New, ticks) && IsPast(Cur, ticks);

    private static bool IsPast(long time, long now) => now - time > (time % TimeSpan.TicksPerSecond == 0 ? CoarseTick : Tick);
}
