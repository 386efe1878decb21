using MailServer.Accounts.Schemes;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Accounts.Tests;

/// <summary>What is counted here are hash computations: time itself is too noisy to assert.</summary>
public class HasherTests
{
    private const string Known = "{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";

    private readonly FakeTimeProvider _time = new();
    private readonly PasswordHasher _hasher;

    public HasherTests() => _hasher = new(time: _time);

    [Theory]
    [InlineData(Known, "wrong")]
    [InlineData(null, "wrong")]
    [InlineData("{MD5}broken", "wrong")]
    [InlineData("", "wrong")]
    [InlineData(Known, "")]
    [InlineData(null, "")]
    public async Task Every_refusal_costs_one_computation(string? hash, string password)
    {
        Assert.False(await _hasher.VerifyAsync(hash, password, default));
        Assert.Equal(1, _hasher.Checks);
        Assert.False(await _hasher.VerifyAsync(hash, password, default));
        Assert.Equal(2, _hasher.Checks);
    }

    [Fact]
    public async Task A_password_beyond_the_limit_costs_the_same_for_known_and_unknown()
    {
        Assert.False(await _hasher.VerifyAsync(Known, new('x', 100_000), default));
        Assert.False(await _hasher.VerifyAsync(null, new('x', 100_000), default));
        Assert.Equal(2, _hasher.Checks);
    }

    [Fact]
    public async Task A_success_is_remembered_for_some_minutes()
    {
        for (var i = 0; i < 100; i++)
            Assert.True(await _hasher.VerifyAsync(Known, "Hello world!", default));
        Assert.Equal(1, _hasher.Checks);

        Assert.False(await _hasher.VerifyAsync(Known, "Hello world", default));
        Assert.Equal(2, _hasher.Checks);

        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(await _hasher.VerifyAsync(Known, "Hello world!", default));
        Assert.Equal(2, _hasher.Checks);

        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await _hasher.VerifyAsync(Known, "Hello world!", default));
        Assert.Equal(3, _hasher.Checks);
    }

    [Fact]
    public async Task Many_logins_at_once_cost_one_computation()
    {
        if (Environment.ProcessorCount > 2)
            Assert.Skip("several checks may run at once on this machine");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () => Assert.True(await _hasher.VerifyAsync(Known, "Hello world!", default)))));
        Assert.Equal(1, _hasher.Checks);
    }

    [Fact]
    public async Task A_new_hash_of_the_same_password_is_checked_anew()
    {
        Assert.True(await _hasher.VerifyAsync(Known, "Hello world!", default));
        Assert.True(await _hasher.VerifyAsync("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!", default));
        Assert.Equal(2, _hasher.Checks);
    }

    [Fact]
    public void The_memory_of_logins_is_bounded()
    {
        var logins = new VerifiedLogins(_time);
        for (var i = 0; i < 3 * VerifiedLogins.Capacity; i++)
            logins.Add("hash", $"{i}");
        Assert.False(logins.Contains("hash", "0"));
        Assert.True(logins.Contains("hash", $"{3 * VerifiedLogins.Capacity - 1}"));
        Assert.InRange(Enumerable.Range(0, 3 * VerifiedLogins.Capacity).Count(i => logins.Contains("hash", $"{i}")), 1, 2 * VerifiedLogins.Capacity);
    }

    [Fact]
    public void Hash_and_password_cannot_be_shifted_into_each_other()
    {
        var logins = new VerifiedLogins(_time);
        logins.Add("hash", "password");
        Assert.False(logins.Contains("hashp", "assword"));
        Assert.True(logins.Contains("hash", "password"));
    }

    [Fact]
    public void The_words_of_Blowfish_are_the_fraction_of_pi()
    {
        // Machin: pi = 16 arctan(1/5) - 4 arctan(1/239), in fixed point with 64 bits to spare.
        const int Bits = 32 * (18 + 1024);
        var pi = 4 * (4 * ArcTangentOfInverse(5, Bits + 64) - ArcTangentOfInverse(239, Bits + 64)) >> 64;
        Assert.Equal(18 + 1024, BlowfishPi.Words.Length);
        for (var i = 0; i < BlowfishPi.Words.Length; i++)
            Assert.Equal((uint)(pi >> (Bits - 32 * (i + 1)) & uint.MaxValue), BlowfishPi.Words[i]);
    }

    private static System.Numerics.BigInteger ArcTangentOfInverse(int x, int bits)
    {
        var term = (System.Numerics.BigInteger.One << bits) / x;
        var sum = term;
        for (var n = 3; !term.IsZero; n += 2)
        {
            term /= -x * x;
            sum += term / n;
        }

        return sum;
    }
}
