namespace MailServer.Storage;

/// <summary>When <c>new</c> and <c>cur</c> last changed.</summary>
internal readonly record struct FolderTimes(long New, long Cur)
{
    /// <summary>File systems stamp with the kernel's coarse clock, 4 to 10 ms a tick: within this, two changes may look like one.</summary>
    private static readonly long Tick = TimeSpan.FromMilliseconds(20).Ticks;

    public static FolderTimes Of(FolderPlace place) =>
        new(Directory.GetLastWriteTimeUtc(place.New).Ticks, Directory.GetLastWriteTimeUtc(place.Cur).Ticks);

    /// <summary>Whether a look that began at that time saw all that these times tell of.</summary>
    public bool IsSettledAt(long ticks) => ticks - New > Tick && ticks - Cur > Tick;
}
