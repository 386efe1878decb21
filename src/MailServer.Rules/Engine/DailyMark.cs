using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>Remembers, also over restarts, what somebody has been told of, so that it is told once a day at most.</summary>
/// <param name="folder">Where it is remembered: an empty file for each thing. Whatever is in it may be removed.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Is told when that cannot be written.</param>
internal sealed class DailyMark(string folder, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Whether it may be told now. Who asks has to tell.</summary>
    /// <param name="what">What it is about: a script and its state.</param>
    public bool MayTell(string what)
    {
        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            Directory.CreateDirectory(folder);
            foreach (var old in Directory.EnumerateFiles(folder).Where(file => now - File.GetLastWriteTimeUtc(file) >= Day))
                File.Delete(old);
            var mark = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(what)).AsSpan(0, 10)));
            if (File.Exists(mark))
                return false;
            File.WriteAllBytes(mark, []);
            File.SetLastWriteTimeUtc(mark, now);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Better not told than told again and again.
            Log.CacheUnwritable(logger, folder, e.Message);
            return false;
        }
    }
}
