using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Accounts;

/// <summary>
/// Remembers for some minutes which passwords were found right, since mail clients log in again and again. Kept is an HMAC over hash
/// and password with a key that only this process has: never the password, nothing of use on another machine, and a changed hash is
/// another entry. Only successes are kept, so guessing always costs its full price.
/// </summary>
/// <remarks>Two generations: entries go into the young one; when its time is over or it is full, it becomes the old one, and the old one is dropped.</remarks>
internal sealed class VerifiedLogins(TimeProvider time)
{
    // An entry lives for one to two spans: at most five minutes.
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(2.5);

    // 64 bytes an entry and two generations: 1 MB at most. Beyond, logins are only slower.
    public const int Capacity = 8192;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _lock = new();
    private HashSet<UInt128> _young = [];
    private HashSet<UInt128> _old = [];
    private long _born = time.GetTimestamp();

    public bool Contains(string hash, string password)
    {
        var entry = EntryOf(hash, password);
        lock (_lock)
        {
            Age();
            return _young.Contains(entry) || _old.Contains(entry);
        }
    }

    public void Add(string hash, string password)
    {
        var entry = EntryOf(hash, password);
        lock (_lock)
        {
            Age();
            _young.Add(entry);
        }
    }

    private void Age()
    {
        var age = time.GetElapsedTime(_born);
        if (age < Span && _young.Count < Capacity)
            return;
        _old = age < 2 * Span ? _young : [];
        _young = [];
        _born = time.GetTimestamp();
    }

    private UInt128 EntryOf(string hash, string password)
    {
        var buffer = new byte[4 + Encoding.UTF8.GetByteCount(hash) + Encoding.UTF8.GetByteCount(password)];
        var length = Encoding.UTF8.GetBytes(hash, buffer.AsSpan(4));
        BinaryPrimitives.WriteInt32BigEndian(buffer, length);
        Encoding.UTF8.GetBytes(password, buffer.AsSpan(4 + length));

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, buffer, mac);
        CryptographicOperations.ZeroMemory(buffer);
        return BinaryPrimitives.ReadUInt128BigEndian(mac);
    }
}
