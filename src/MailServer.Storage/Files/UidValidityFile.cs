using System.Globalization;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// Gives UIDVALIDITYs that strictly grow within an account, also after a folder was deleted. As Dovecot does, the last one given is the
/// ending of an empty file <c>dovecot-uidvalidity.XXXXXXXX</c>, renamed at each; <c>dovecot-uidvalidity</c> holds it as a text beside.
/// </summary>
internal static class UidValidityFile
{
    /// <summary>What is greater was read from something broken: a million folders may still be made after it.</summary>
    public const uint Greatest = uint.MaxValue - (1 << 20);

    /// <summary>Octets of the text beside: eight digits and a line end.</summary>
    private const int MaxText = 16;

    private const string Name = "dovecot-uidvalidity";

    /// <summary>Takes the next one.</summary>
    /// <exception cref="IOException">The Maildir cannot be written.</exception>
    public static uint Next(string root, StoreContext store) => Take(root, 0, store);

    /// <summary>Sees to it that the next one is greater than this.</summary>
    /// <exception cref="IOException">The Maildir cannot be written.</exception>
    public static void AtLeast(string root, uint uidValidity, StoreContext store)
    {
        if (uidValidity <= Greatest && Last(root, store).Last < uidValidity)
            Take(root, uidValidity, store);
    }

    /// <summary>The last one given, as far as the files tell, and what is wrong with the text beside; changes nothing.</summary>
    /// <exception cref="IOException">They cannot be read now.</exception>
    public static uint Read(string root, out string? trouble)
    {
        var last = LastRenamed(root).Last;
        return Math.Max(last, ReadText(Path.Combine(root, Name), out trouble));
    }

    private static uint Take(string root, uint atLeast, StoreContext store)
    {
        // Each turn is lost only to somebody who won it.
        for (var turn = 0; turn < 1000; turn++)
        {
            var (last, path) = Last(root, store);
            var next = (uint)Math.Clamp(Math.Max(Math.Max(store.Time.GetUtcNow().ToUnixTimeSeconds(), atLeast), last + 1L), 1, uint.MaxValue - 1);
            var target = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{Name}.{next:x8}"));
            try
            {
                if (path is null)
                {
                    using var made = DiskFile.Create(target);
                }
                else
                    DurableFile.RenameNoReplace(path, target);
            }
            catch (PosixException failure) when (failure.IsNotThere || failure.IsAlreadyThere)
            {
                continue;
            }
            catch (IOException) when (File.Exists(target))
            {
                continue;
            }

            DurableFile.WriteAllBytes(Path.Combine(root, Name), Encoding.ASCII.GetBytes($"{next:x8}"),
                DiskFile.Private);
            return next;
        }

        throw new IOException("no UIDVALIDITY could be taken");
    }

    private static (uint Last, string? Path) Last(string root, StoreContext store)
    {
        var (last, path) = LastRenamed(root);
        var main = Path.Combine(root, Name);
        var text = ReadText(main, out var trouble);
        if (trouble is not null)
            BrokenFile.Keep(main, trouble, store.Logger);
        return (Math.Max(last, text), path);
    }

    private static (uint Last, string? Path) LastRenamed(string root)
    {
        var (last, found) = (0u, (string?)null);
        foreach (var path in Directory.EnumerateFiles(root, Name + "*"))
            if (Path.GetFileName(path).Length == Name.Length + 9
                && uint.TryParse(Path.GetExtension(path.AsSpan())[1..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value <= Greatest
                && (found is null || value > last))
                (last, found) = (value, path);
        return (last, found);
    }

    private static uint ReadText(string path, out string? trouble)
    {
        trouble = null;
        try
        {
            if (SideFile.Read(path, MaxText) is not { } bytes)
                return 0;
            if (uint.TryParse(Encoding.ASCII.GetString(bytes).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var text) && text <= Greatest)
                return text;
            trouble = "no UIDVALIDITY in eight hexadecimal digits";
        }
        catch (BrokenFileException broken)
        {
            trouble = broken.Message;
        }

        return 0;
    }
}
