using System.Security.Cryptography;

namespace MailServer.Pipeline;

/// <summary>Names messages: the time and a counter that begins anywhere, so that names sort by time and none comes twice, also after a restart.</summary>
internal static class MessageId
{
    // Crockford's letters: nobody reads them wrong over the telephone.
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int TimeDigits = 9;
    private const int CountDigits = 5;

    private static int s_count = RandomNumberGenerator.GetInt32(int.MaxValue);

    public static string Create(TimeProvider time)
    {
        var milliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        var count = (uint)Interlocked.Increment(ref s_count);
        return string.Create(TimeDigits + CountDigits, (milliseconds, count), static (target, source) =>
        {
            Write(target[..TimeDigits], source.milliseconds);
            Write(target[TimeDigits..], source.count);
        });
    }

    private static void Write(Span<char> target, long value)
    {
        for (var i = target.Length - 1; i >= 0; i--, value >>= 5)
            target[i] = Digits[(int)(value & 31)];
    }
}
