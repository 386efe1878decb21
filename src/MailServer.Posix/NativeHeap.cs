namespace MailServer.Posix;

/// <summary>The C library's heap, from which zlib, OpenSSL and SQLite take their memory.</summary>
public static class NativeHeap
{
    private const int MmapThreshold = -3; // M_MMAP_THRESHOLD
    private const int Large = 128 * 1024; // as glibc begins

    /// <summary>
    /// Keeps blocks of 128 KB and more apart, so that they go back to the system when they are freed. By itself glibc raises that bound as soon as
    /// the first such block is freed; compressors (a third of a megabyte each) then lay between what lives long, and their
    /// memory was never used again: 230 KB a connection where 53 are needed. Does nothing where the C library is another.
    /// </summary>
    public static void ReturnLargeBlocks()
    {
        try
        {
            _ = Libc.SetHeapOption(MmapThreshold, Large);
        }
        catch (EntryPointNotFoundException)
        {
            // musl gives such blocks back anyway.
        }
    }
}
