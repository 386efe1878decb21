using System.Security.Cryptography;
using MailServer.Accounts.Schemes;

namespace MailServer.Accounts.Tests;

public class ScramTests
{
    [Fact]
    public void The_keys_serve_the_dialog_of_RFC_7677()
    {
        var hash = ScramHash.Make("pencil", 4096, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="));
        var keys = new PasswordHasher().ScramKeysOf("{SCRAM-SHA-256}" + hash)!;

        var dialog = "n=user,r=rOprNGfwEbeRWgbNEkqO,"u8.ToArray()
            .Concat("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"u8.ToArray())
            .Concat("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"u8.ToArray()).ToArray();
        var proof = Convert.FromBase64String("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        var signature = HMACSHA256.HashData(keys.StoredKey.Span, dialog);
        var clientKey = proof.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray();

        Assert.Equal(keys.StoredKey.ToArray(), SHA256.HashData(clientKey));
        Assert.Equal("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Convert.ToBase64String(HMACSHA256.HashData(keys.ServerKey.Span, dialog)));
        Assert.Equal("SCRAM-SHA-256", keys.Mechanism);
        Assert.Equal(4096, keys.Iterations);
        Assert.Equal("W22ZaJ0SNY7soEsUEjb6gQ==", Convert.ToBase64String(keys.Salt.Span));
    }

    [Fact]
    public async Task A_password_is_prepared_so_that_every_way_to_type_it_is_right()
    {
        var hasher = new PasswordHasher();
        var hash = await hasher.HashAsync("caf\u00E9\u00A0\u2168", default);          // one code point, no-break space, roman nine
        Assert.True(await hasher.VerifyAsync(hash, "cafe\u0301 IX", default));
        Assert.True(await hasher.VerifyAsync(hash, "ca\u00ADf\u00E9 IX", default));
        Assert.False(await hasher.VerifyAsync(hash, "cafe IX", default));
    }

    [Fact]
    public async Task A_hash_made_without_preparation_is_right_too()
    {
        var hasher = new PasswordHasher();
        var raw = Rfc2898DeriveBytes.Pbkdf2("\u2168", new byte[16], 4096, HashAlgorithmName.SHA256, 32);
        var stored = Convert.ToBase64String(SHA256.HashData(HMACSHA256.HashData(raw, "Client Key"u8)));
        Assert.True(await hasher.VerifyAsync($"{{SCRAM-SHA-256}}4096,{Convert.ToBase64String(new byte[16])},{stored},{stored}", "\u2168", default));
    }

    [Fact]
    public void Other_schemes_have_no_SCRAM_keys() => Assert.Null(new PasswordHasher().ScramKeysOf("{PLAIN}pencil"));
}
