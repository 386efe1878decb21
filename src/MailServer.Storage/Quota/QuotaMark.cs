using System.Globalization;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// The threshold that an account's owner has been told of: <c>mailserver-quota</c> holds its per cent, and is not there when there is none.
/// It goes down when the account does, so that the next time is told of again.
/// </summary>
internal static class QuotaMark
{
    public const string FileName = "mailserver-quota";

    /// <summary>Octets: a number and its line end.</summary>
    private const long MaxLength = 16;

    /// <summary>The threshold in per cent; 0 when there is none, or the file makes no sense: then the owner is told once more.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static int Read(string root)
    {
        try
        {
            var bytes = SideFile.Read(Path.Combine(root, FileName), MaxLength);
            return bytes is not null && int.TryParse(Encoding.ASCII.GetString(bytes).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var mark) ? mark : 0;
        }
        catch (BrokenFileException)
        {
            return 0;
        }
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string root, int mark)
    {
        var path = Path.Combine(root, FileName);
        if (mark == 0)
            DurableFile.TryUnlink(path);
        else
            DurableFile.WriteAllBytes(path, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{mark}\n")), DiskFile.Private);
    }
}
