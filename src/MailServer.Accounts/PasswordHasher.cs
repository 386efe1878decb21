using System.Text;
using MailServer.Accounts.Sasl;
using MailServer.Accounts.Schemes;

namespace MailServer.Accounts;

/// <summary>Makes and checks password hashes in Dovecot's form, <c>{SCHEME}hash</c>.</summary>
/// <remarks>
/// A check never tells by its time whether there is such a user: without a usable hash, the work of the last real check is done again
/// and thrown away, so that it costs what a user of this store costs.
/// </remarks>
/// <param name="scheme">How new passwords are hashed.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class PasswordHasher(PasswordScheme scheme = PasswordScheme.ScramSha256, TimeProvider? time = null) : IPasswordHasher
{
    // As OpenSSL and PAM have it. SHA-crypt's cost grows with the length, and passwords come from strangers.
    private const int MaxPasswordOctets = 512;

    // Checks are pure work of a processor, and one is left for those who are in already. Argon2 also takes memory, so only one runs at a
    // time. Both belong to the process, not to one hasher.
    private static readonly SemaphoreSlim Processors = new(Math.Max(1, Environment.ProcessorCount - 1));
    private static readonly SemaphoreSlim Memory = new(1);

    private readonly VerifiedLogins _verified = new(time ?? TimeProvider.System);
    private volatile StoredHash? _lastChecked;
    private int _checks;

    /// <summary>How often a password has been hashed to be compared. Equal for known and unknown users, which the tests assert.</summary>
    internal int Checks => _checks;

    /// <summary>Why a password can't be set (empty, too long, forbidden characters), or null when it can.</summary>
    public static string? ExplainPassword(string password)
    {
        if (string.IsNullOrEmpty(password))
            return "it is empty";
        if (!IsSane(password))
            return $"it is longer than {MaxPasswordOctets} octets";
        SaslPrep.Prepare(password, out var reason);
        return reason;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The password can't be set, see <see cref="ExplainPassword"/>.</exception>
    public async ValueTask<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        if (ExplainPassword(password) is { } reason)
            throw new ArgumentException($"the password cannot be used: {reason}", nameof(password));
        if (scheme == PasswordScheme.BlowfishCrypt && Encoding.UTF8.GetByteCount(password) > Bcrypt.MaxKeyLength)
            throw new ArgumentException($"the password cannot be used: bcrypt reads only {Bcrypt.MaxKeyLength} octets", nameof(password));

        var gate = scheme == PasswordScheme.Argon2Id ? Memory : Processors;
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return $"{{{PasswordSchemes.NameOf(scheme)}}}" + scheme switch
            {
                PasswordScheme.ScramSha256 => ScramHash.Make(password),
                PasswordScheme.Argon2Id => await Argon2Hash.MakeAsync(password).ConfigureAwait(false),
                PasswordScheme.BlowfishCrypt => BcryptHash.Make(password),
                PasswordScheme.Sha512Crypt => ShaCryptHash.Make(password, is512: true),
                PasswordScheme.Sha256Crypt => ShaCryptHash.Make(password, is512: false),
                _ => password,
            };
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(password);
        var stored = hash is null ? null : HashReader.Read(hash, out _);
        if (password.Length == 0 || !IsSane(password))
            (stored, password) = (null, "-");                            // never right, yet it costs what a wrong one costs
        if (stored is null)
        {
            await CheckAsync(_lastChecked ?? Decoy(), hash: null, password, cancellationToken).ConfigureAwait(false);
            return false;
        }

        var remembered = stored.IsCostly ? hash : null;
        if (remembered is not null && _verified.Contains(remembered, password))
            return true;
        _lastChecked = stored;
        return await CheckAsync(stored, remembered, password, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public string? Explain(string hash)
    {
        HashReader.Read(hash, out var reason);
        return reason;
    }

    /// <inheritdoc/>
    public ScramKeys? ScramKeysOf(string hash) => (HashReader.Read(hash, out _) as ScramHash)?.Keys;

    private static bool IsSane(string password) => password.Length <= MaxPasswordOctets && Encoding.UTF8.GetByteCount(password) <= MaxPasswordOctets;

    // Before anyone known has come: what a new account would cost, with keys that no password has.
    private static ScramHash Decoy() => new(ScramHash.DefaultIterations, new byte[16], new byte[32], new byte[32]);

    private async ValueTask<bool> CheckAsync(StoredHash stored, string? hash, string password, CancellationToken cancellationToken)
    {
        var gate = stored.TakesMemory ? Memory : Processors;
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A telephone opens several connections at once: the first has done the work while the others waited.
            if (hash is not null && _verified.Contains(hash, password))
                return true;
            Interlocked.Increment(ref _checks);
            var matches = await stored.MatchesAsync(password).ConfigureAwait(false);
            if (matches && hash is not null)
                _verified.Add(hash, password);
            return matches;
        }
        finally
        {
            gate.Release();
        }
    }
}
