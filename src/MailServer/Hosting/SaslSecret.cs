using System.Security.Cryptography;

namespace MailServer.Server.Hosting;

/// <summary>
/// The server's own secret for SCRAM, in <c>sasl-secret</c> of the data directory: what is answered about a user that there is not must be the
/// same after a restart. Losing it harms nobody; whoever reads it can tell which names exist.
/// </summary>
internal static class SaslSecret
{
    private const int Length = 32;

    /// <summary>Reads it, or makes it. A directory that cannot be written gives one for this start alone.</summary>
    public static byte[] Of(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "sasl-secret");
        try
        {
            if (File.Exists(path) && File.ReadAllBytes(path) is { Length: Length } kept)
                return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Made anew, below.
        }

        var made = RandomNumberGenerator.GetBytes(Length);
        try
        {
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            file.Write(made);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It serves for now.
        }

        return made;
    }
}
