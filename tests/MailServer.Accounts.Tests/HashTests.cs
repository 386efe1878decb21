namespace MailServer.Accounts.Tests;

public class HashTests
{
    private readonly PasswordHasher _hasher = new();

    [Theory]
    // Ulrich Drepper's text, and openssl passwd
    [InlineData("{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", "Hello world!")]
    [InlineData("{SHA256-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!")]
    [InlineData("$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.", "Hello world!")]
    [InlineData("$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "Hello world!")]
    [InlineData("$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.", "the minimum number is still observed")]
    [InlineData("$6$x$WpTAO0OCjrfq5WnqjJEljeDvcsu0PNdWCxGeUJLDmClf1Zt0W.xoNd1qL42H0.kWnv4lgR66OqWGYd8pDW6v41", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    // doveadm pw
    [InlineData("{SHA512-CRYPT}$6$6RfTxggFlaQEVEYh$gtnCDGOFuMwt9jaXHBZbzD1oBTg.8LKI3zL7I70uhg0uZ.o2fKWqSGIPKbjx4yyWpH68DoBR.DkX64U.u0IwV/", "pass word")]
    [InlineData("{SHA512-CRYPT}$6$rounds=20000$nIQnmUvxl4GCFv4g$/cdG/O5mHTljCetPAYzL39vVueMoqzsTa8EJrpjeU2aPWYsZwBqpc1Y31U0qnNDqyaPyI2BvWyRDMmFOEpqkL1", "Grüße, 日本")]
    [InlineData("{SHA256-CRYPT}$5$SYs3xexlP/UmHIcD$Z58093GhOEJyDDGtuD72CgWTLHVge.fEEXpYX2sBfSC", "pass word")]
    [InlineData("{CRYPT}$5$SYs3xexlP/UmHIcD$Z58093GhOEJyDDGtuD72CgWTLHVge.fEEXpYX2sBfSC", "pass word")]
    [InlineData("{BLF-CRYPT}$2y$05$/Otp9xI4as0A3w/tKW2B4OpG8JGEDrz.uBsFU8h7IcTjcKmF0aowG", "pass word")]
    [InlineData("{BLF-CRYPT}$2y$05$vb/a/nwFAqRa9QTc3efQKeBi1nYhOvNRzhWg1csnOh7.asi.zzzqq", "Grüße, 日本")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$Cf9cmllzKuHtXthZw6CxUg$85WIiNOJzW7CvZ8Fucbw4lSdLIWmwZplUHYcwAzIcR0", "pass word")]
    [InlineData("{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$HxT2XJ5AeYNEDbNrmUQJ2A$1NJW4MtiDMI8EwgT+Cmq1ZPM2DSUNIy8zgV/Hinw5Q0", "pass word")]
    [InlineData("{SCRAM-SHA-256}4096,3PcZLg3mhZJFDRQhTfhpHA==,rH7HNDp8TwdhNqHbScFt3FcJmrzSMQ3wQ23iaA0HgOM=,HFGAIiJsKH17ADrT02QeaghsqYO40oYqEfM9Iebc+dQ=", "pass word")]
    [InlineData("{SCRAM-SHA-256}4096,cnxOfhjpy4S7Bx0Pq2j5QQ==,dJUf0h8nv53ygaTkTSdSPqIsXqNrO5ttXQjaWQViet8=,7IGz44jOWWhFbRMNKOoLdOFGPqXH+6JIecHsD+FHHHA=", "Grüße, 日本")]
    [InlineData("{PLAIN}pass word", "pass word")]
    [InlineData("{clear}pass word", "pass word")]
    [InlineData("{CLEARTEXT}{PLAIN}", "{PLAIN}")]
    [InlineData("{PLAIN.b64}cGFzcyB3b3Jk", "pass word")]
    [InlineData("{plain.HEX}7061737320776f7264", "pass word")]
    [InlineData("{SHA512-CRYPT.B64}JDYkLnZKR0E1QmM2OUZPUFUxLyRVVWZxNkxhMS5nVndoNnRzQjBBWTJ5RGZMaTlDYjU5TGpPa2FvSHR2Qm0uQndiLk4zN2RCQ2J6RHJ1ODVLWDVLeVVWNkVYa1VpRC4zakdaTTN5SWVuMQ==", "pass word")]
    [InlineData("{SCRAM-SHA-256.HEX}343039362c4a54324d7a63436e6e5455556d47534a48494c3630673d3d2c56736334536d7773322f7244366a75355a6d576d5862394f68344b79427a716e4b4962454b7a4a4d4d45493d2c6d6c30793469734a7430546e596d4855614156336e7a48536338506a3470754974766b36486675776a62383d", "pass word")]
    // htpasswd -B; of eighty letters bcrypt reads 72
    [InlineData("$2y$05$sqpN61FZSBQD4dGu.th/U.n5bi9RHYDaZAL/O9g0A5aH1GqHfrt/K", "Hello world!")]
    [InlineData("$2y$05$1QO2wWA4zDkOvBd9EwtEru.513j1d0XW1JdrjTtJ19SH5.rrmEpSe", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    // the vectors that come with OpenBSD's and Openwall's bcrypt
    [InlineData("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a")]
    [InlineData("$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", "abc")]
    [InlineData("$2b$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC", "abcdefghijklmnopqrstuvwxyz")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U")]
    // the argon2 command of the reference implementation
    [InlineData("$argon2id$v=19$m=1024,t=2,p=2$c29tZXNhbHQ$fF6F6BUd+OwkJ/gaLdpVlRNUZG27kwLuEEYwYobh2/Y", "Hello world!")]
    [InlineData("$argon2i$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$oGm4OBbMULljQy7PkHV+oJrOLrLITErjgYtfIUWNZxw", "Hello world!")]
    public async Task Hashes_of_other_programs_are_checked(string hash, string password)
    {
        Assert.Null(_hasher.Explain(hash));
        Assert.False(await _hasher.VerifyAsync(hash, "x" + password, default));
        Assert.False(await _hasher.VerifyAsync(hash, "", default));
        Assert.True(await _hasher.VerifyAsync(hash, password, default));
        Assert.True(await _hasher.VerifyAsync(hash, password, default));         // from memory
        Assert.False(await _hasher.VerifyAsync(hash, "x" + password, default));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{PLAIN}", "empty")]
    [InlineData("secret", "without a {SCHEME}")]
    [InlineData("$1$salt$qJH7.N4xYta3aEG/dfqo/0", "without a {SCHEME}")]
    [InlineData("{MD5}abc", "none of SCRAM-SHA-256, ARGON2ID")]
    [InlineData("{PLAIN", "closing brace")]
    [InlineData("{PLAIN.b32}AAAA", "neither b64 nor hex")]
    [InlineData("{PLAIN.b64}A", "not base64")]
    [InlineData("{PLAIN.hex}0", "not hex")]
    [InlineData("{PLAIN.hex}ff", "not hex of UTF-8")]
    [InlineData("{SCRAM-SHA-256}4096,c2FsdA==,rH7HNDp8TwdhNqHbScFt3FcJmrzSMQ3wQ23iaA0HgOM=", "not iterations,salt")]
    [InlineData("{SCRAM-SHA-256}0,c2FsdA==,rH7HNDp8TwdhNqHbScFt3FcJmrzSMQ3wQ23iaA0HgOM=,HFGAIiJsKH17ADrT02QeaghsqYO40oYqEfM9Iebc+dQ=", "iteration count")]
    [InlineData("{SCRAM-SHA-256}2147483647,c2FsdA==,rH7HNDp8TwdhNqHbScFt3FcJmrzSMQ3wQ23iaA0HgOM=,HFGAIiJsKH17ADrT02QeaghsqYO40oYqEfM9Iebc+dQ=", "iteration count")]
    [InlineData("{SCRAM-SHA-256}4096,,rH7HNDp8TwdhNqHbScFt3FcJmrzSMQ3wQ23iaA0HgOM=,HFGAIiJsKH17ADrT02QeaghsqYO40oYqEfM9Iebc+dQ=", "salt")]
    [InlineData("{SCRAM-SHA-256}4096,c2FsdA==,rH7H,HFGAIiJsKH17ADrT02QeaghsqYO40oYqEfM9Iebc+dQ=", "32 octets")]
    [InlineData("{SHA512-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "not $6$salt$hash")]
    [InlineData("$6$rounds=999999999$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", "1000000")]
    [InlineData("$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl", "86 characters")]
    [InlineData("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc=", "crypt's base64")]
    [InlineData("$5$saltstringsaltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "longer than 16")]
    [InlineData("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "without a {SCHEME}")]
    [InlineData("$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "cost is not from 04 to 15")]
    [InlineData("$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe", "53 characters")]
    [InlineData("$2y$05$CCCCCCCCCCCCCCCCCCCCC=E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "bcrypt's base64")]
    [InlineData("$argon2id$v=19$m=10485760,t=3,p=1$c29tZXNhbHQ$fF6F6BUd+OwkJ/gaLdpVlRNUZG27kwLuEEYwYobh2/Y", "up to 262144")]
    [InlineData("$argon2id$v=19$m=262144,t=5,p=1$c29tZXNhbHQ$fF6F6BUd+OwkJ/gaLdpVlRNUZG27kwLuEEYwYobh2/Y", "too long")]
    [InlineData("$argon2id$v=19$m=8,t=3,p=2$c29tZXNhbHQ$fF6F6BUd+OwkJ/gaLdpVlRNUZG27kwLuEEYwYobh2/Y", "below 8 times p")]
    [InlineData("$argon2id$v=16$m=1024,t=3,p=2$c29tZXNhbHQ$fF6F6BUd+OwkJ/gaLdpVlRNUZG27kwLuEEYwYobh2/Y", "v=19")]
    [InlineData("$argon2id$v=19$m=1024,t=2,p=2$c2E$fF6F6BUd+OwkJ/gaLdpVlRNUZG27kwLuEEYwYobh2/Y", "salt")]
    [InlineData("$argon2id$v=19$m=1024,t=2,p=2$c29tZXNhbHQ$fF6F6BUd", "16 octets")]
    public async Task A_hash_that_cannot_be_read_is_explained_without_quoting_it(string hash, string reason)
    {
        var explained = _hasher.Explain(hash);
        Assert.Contains(reason, explained, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", explained, StringComparison.Ordinal);
        Assert.Null(_hasher.ScramKeysOf(hash));
        Assert.False(await _hasher.VerifyAsync(hash, "secret", default));
        Assert.False(await _hasher.VerifyAsync(hash, "", default));
    }

    [Theory]
    [InlineData(PasswordScheme.ScramSha256, "{SCRAM-SHA-256}200000,")]
    [InlineData(PasswordScheme.Argon2Id, "{ARGON2ID}$argon2id$v=19$m=12288,t=3,p=1$")]
    [InlineData(PasswordScheme.BlowfishCrypt, "{BLF-CRYPT}$2y$10$")]
    [InlineData(PasswordScheme.Sha512Crypt, "{SHA512-CRYPT}$6$rounds=100000$")]
    [InlineData(PasswordScheme.Sha256Crypt, "{SHA256-CRYPT}$5$rounds=100000$")]
    [InlineData(PasswordScheme.Plain, "{PLAIN}")]
    public async Task A_new_hash_is_read_again(PasswordScheme scheme, string beginning)
    {
        var hasher = new PasswordHasher(scheme);
        var hash = await hasher.HashAsync("Grüße, 日本", default);

        Assert.StartsWith(beginning, hash, StringComparison.Ordinal);
        Assert.DoesNotContain(':', hash);
        Assert.Null(hasher.Explain(hash));
        Assert.True(await _hasher.VerifyAsync(hash, "Grüße, 日本", default));
        Assert.False(await _hasher.VerifyAsync(hash, "Grüße, 日本 ", default));
        Assert.Equal(scheme == PasswordScheme.Plain, hash == await hasher.HashAsync("Grüße, 日本", default));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a\nb", "control character")]
    [InlineData("ä\u0007", "RFC 4013")]
    [InlineData("\u0627\u0031", "right-to-left")]
    [InlineData("\u00AD", "nothing that counts")]
    public async Task A_password_that_clients_could_not_send_is_refused(string password, string reason)
    {
        Assert.Contains(reason, PasswordHasher.ExplainPassword(password), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await _hasher.HashAsync(password, default));
    }

    [Fact]
    public void Half_a_character_is_no_password() =>
        Assert.Contains("well-formed", PasswordHasher.ExplainPassword("a\uD800"), StringComparison.Ordinal);     // xunit would mend it in a table

    [Fact]
    public async Task A_password_has_512_octets_at_most_and_with_bcrypt_72()
    {
        Assert.Null(PasswordHasher.ExplainPassword(new('x', 512)));
        Assert.Contains("512", PasswordHasher.ExplainPassword(new('ä', 257)), StringComparison.Ordinal);
        Assert.False(await _hasher.VerifyAsync("{PLAIN}" + new string('x', 513), new('x', 513), default));

        var bcrypt = new PasswordHasher(PasswordScheme.BlowfishCrypt);
        await bcrypt.HashAsync(new('x', 72), default);
        await Assert.ThrowsAsync<ArgumentException>(async () => await bcrypt.HashAsync(new('x', 73), default));
    }

    [Fact]
    public void Scheme_names_are_Dovecots()
    {
        foreach (var name in PasswordSchemes.All)
        {
            Assert.True(PasswordSchemes.TryParse(name.ToLowerInvariant(), out var scheme));
            Assert.Equal(name, PasswordSchemes.NameOf(scheme));
        }

        Assert.False(PasswordSchemes.TryParse("MD5", out _));
        Assert.False(PasswordSchemes.TryParse(null, out _));
    }
}
