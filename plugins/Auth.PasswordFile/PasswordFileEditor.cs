using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>
/// Changes the file. Each edit reads the file anew under a lock, writes a new file beside it, syncs it and renames it over the old one: a
/// reader sees the old lines or the new ones, also after a power cut. Other lines stay as they are, byte for byte; mode and owner too.
/// </summary>
internal sealed class PasswordFileEditor(PasswordFile file, IPasswordHasher hasher, TimeProvider time, ILogger logger) : IAccountEditor, IDisposable
{
    private static readonly Problem AlreadyThere = new(new(5, 5, 0), "The account is there already") { Reason = ProblemReason.AlreadyExists };
    private static readonly Problem NotALine =
        new(new(5, 5, 4), "This name or password hash cannot stand in a password file") { Reason = ProblemReason.Impossible };
    private static readonly Problem Busy = new(new(4, 3, 0), "The password file is being changed by somebody else") { Reason = ProblemReason.InUse };

    private static readonly Problem NotAllowed =
        new(new(5, 7, 0), "This user may not change the password file, or not keep its owner and group") { Reason = ProblemReason.NoPermission };

    private readonly SemaphoreSlim _gate = new(1);

    public ValueTask<Problem?> AddAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken)
    {
        address = AccountName.Normal(address);
        var line = Encoding.UTF8.GetBytes($"{address}:{passwordHash}::::::");
        if (!IsSound(passwordHash) || file.Reader.Read(line) is not { Entry: { } entry, Complaint: null } || entry.User.Address != address)
            return new(NotALine);

        return EditAsync((lines, table) =>
        {
            if (table.Find(address) is not null)
                return AlreadyThere;
            var end = lines.Count > 0 && FileLines.EndOf(lines[0]) is { Length: > 0 } usual ? usual.ToArray() : "\n"u8.ToArray();
            if (lines.Count > 0 && FileLines.EndOf(lines[^1]).IsEmpty)
                lines.Add(end);
            lines.Add(line);
            lines.Add(end);
            return null;
        }, cancellationToken);
    }

    public ValueTask<Problem?> RemoveAsync(EmailAddress address, CancellationToken cancellationToken) =>
        EditAsync((lines, table) =>
        {
            if (table.Find(address) is not { } entry)
                return Problem.NoSuchAccount;
            lines.RemoveAll(line => IsOf(entry, line));
            return null;
        }, cancellationToken);

    public ValueTask<Problem?> SetPasswordAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken)
    {
        if (!IsSound(passwordHash))
            return new(NotALine);

        return EditAsync((lines, table) =>
        {
            var index = table.Find(address) is { } entry ? lines.FindIndex(line => IsOf(entry, line)) : -1;
            if (index < 0)
                return Problem.NoSuchAccount;
            lines[index] = WithHash(lines[index].Span, passwordHash);
            return null;
        }, cancellationToken);
    }

    public ValueTask<Problem?> SetQuotaAsync(EmailAddress address, Quota? quota, CancellationToken cancellationToken) =>
        EditAsync((lines, table) =>
        {
            var index = table.Find(address) is { } entry ? lines.FindIndex(line => IsOf(entry, line)) : -1;
            if (index < 0)
                return Problem.NoSuchAccount;
            var end = FileLines.EndOf(lines[index]).ToArray();
            var text = Encoding.Latin1.GetString(lines[index].Span[..^end.Length]);     // octets as they are
            lines[index] = (byte[])[.. Encoding.Latin1.GetBytes(QuotaRule.Into(text, quota)), .. end];
            return null;
        }, cancellationToken);

    public void Dispose() => _gate.Dispose();

    private bool IsSound(string hash) => hasher.Explain(hash) is null && hash.AsSpan().IndexOfAny(":\r\n\0") < 0;

    private bool IsOf(PasswordEntry entry, ReadOnlyMemory<byte> line) =>
        file.Reader.Read(FileLines.TextOf(line)).Entry is { } other && other.User.Name.Equals(entry.User.Name, StringComparison.OrdinalIgnoreCase);

    private static byte[] WithHash(ReadOnlySpan<byte> line, string hash)
    {
        var start = line.IndexOf((byte)':') + 1;
        var length = line[start..].IndexOfAny(":\r\n"u8) is var end and >= 0 ? end : line.Length - start;
        return [.. line[..start], .. Encoding.UTF8.GetBytes(hash), .. line[(start + length)..]];
    }

    private async ValueTask<Problem?> EditAsync(Func<List<ReadOnlyMemory<byte>>, PasswordTable, Problem?> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        var path = file.RealPath;
        try
        {
            using var held = await FileLock.TryTakeAsync(path, time, cancellationToken).ConfigureAwait(false);
            if (held is null)
                return Busy;
            if (file.Load() is { } reason)
                throw new IOException(reason);

            var lines = FileLines.Split(PasswordFile.ReadBytes(path));
            if (change(lines, file.Current()) is { } problem)
                return problem;
            FileReplacement.Write(path, lines);
            file.Load();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.EditFailed(logger, path, e.Message);
            return e is UnauthorizedAccessException ? NotAllowed : Problem.Unavailable;
        }
        finally
        {
            _gate.Release();
        }
    }
}
