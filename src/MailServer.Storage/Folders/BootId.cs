namespace MailServer.Storage;

/// <summary>Which start of the machine this is: what was written before another one may be older than what clients were told.</summary>
internal static class BootId
{
    private const string Path = "/proc/sys/kernel/random/boot_id";

    /// <summary>Empty where the system does not tell.</summary>
    public static string Current { get; } = Read();

    private static string Read()
    {
        try
        {
            return File.Exists(Path) ? File.ReadAllText(Path).Trim() : "";
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return "";
        }
    }
}
