using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailServer.Server.Tls;

namespace MailServer.Server.Demo;

/// <summary>All that a server needs, made in one directory.</summary>
internal sealed class DemoSetup
{
    public const string Domain = "example.org";

    /// <summary>What ports are counted from when nothing is said.</summary>
    public const int DefaultPortBase = 2000;

    private static readonly (string Name, int Offset, string Protocol, string Tls)[] Listeners =
    [
        ("mx", 525, "smtp", "starttls"), ("submission", 587, "submission", "starttls"), ("submissions", 465, "submission", "implicit"),
        ("imap", 143, "imap", "starttls"), ("imaps", 993, "imap", "implicit"), ("pop3", 110, "pop3", "starttls"), ("pop3s", 995, "pop3", "implicit"),
    ];

    private DemoSetup(string directory, int portBase) => (Directory, PortBase) = (directory, portBase);

    public static IReadOnlyList<string> Users { get; } = [$"alice@{Domain}", $"bob@{Domain}"];

    public string Directory { get; }

    public int PortBase { get; }

    /// <summary>Both users' password, made for this run.</summary>
    public string Password { get; } = NewPassword();

    public string ConfigFile => Path.Combine(Directory, "mailserver.toml");

    /// <summary>The rules that sort the mail; null when none are found.</summary>
    public string? Rules { get; } = FindBeside(Path.Combine("scripts", "examples"));

    /// <summary>The sample Maildirs; null when none are found.</summary>
    public string? Sample { get; } = FindBeside("maildir-sample");

    public static int PortOf(string listener, int portBase) => portBase + Array.Find(Listeners, known => known.Name == listener).Offset;

    public int PortOf(string listener) => PortOf(listener, PortBase);

    /// <summary>Makes certificate, accounts and configuration, and copies the sample mail.</summary>
    public static async Task<DemoSetup> CreateAsync(string directory, int portBase, IPasswordHasher passwords, TimeProvider time, CancellationToken cancellationToken)
    {
        directory = Path.GetFullPath(directory);
        System.IO.Directory.CreateDirectory(directory);
        var setup = new DemoSetup(directory, portBase);
        SelfSigned.Write(Path.Combine(directory, "cert.pem"), Path.Combine(directory, "key.pem"), "localhost", time.GetUtcNow());
        var hash = await passwords.HashAsync(setup.Password, cancellationToken).ConfigureAwait(false);
        await File.WriteAllLinesAsync(Path.Combine(directory, "users"), Users.Select(user => $"{user}:{hash}::::::"), cancellationToken).ConfigureAwait(false);
        File.SetUnixFileMode(Path.Combine(directory, "users"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(setup.ConfigFile, setup.Configuration(), cancellationToken).ConfigureAwait(false);
        foreach (var user in Users)
            setup.CopySample(user.Split('@')[0]);
        return setup;
    }

    /// <summary>A user's Maildir.</summary>
    public string MaildirOf(string user) => Path.Combine(Directory, "data", "mail", Domain, user, "Maildir");

    private string Configuration()
    {
        var text = new StringBuilder($"""
            # The demo's configuration, written anew at each run.
            [server]
            hostname = "localhost"
            data = "data"
            drain_time = "5s"

            [[domains]]
            name = "{Domain}"

            [tls]
            certificate = "cert.pem"
            key = "key.pem"

            [plugins."auth.passwordfile"]
            file = "users"

            """);
        if (Rules is not null)
            text.Append(CultureInfo.InvariantCulture, $"\n[rules]\nglobal = {Quoted(Rules)}\n");
        foreach (var (name, _, protocol, tls) in Listeners)
            text.Append(CultureInfo.InvariantCulture, $"\n[[listeners]]\nname = \"{name}\"\naddress = \"127.0.0.1:{PortOf(name)}\"\nprotocol = \"{protocol}\"\ntls = \"{tls}\"\n");
        return text.ToString();
    }

    private void CopySample(string user)
    {
        var target = MaildirOf(user);
        if (Sample is null || System.IO.Directory.Exists(target))
            return;
        var source = new[] { Path.Combine(Sample, user), Path.Combine(Sample, Domain, user), Path.Combine(Sample, user, "Maildir") }
            .FirstOrDefault(folder => System.IO.Directory.Exists(Path.Combine(folder, "cur")));
        if (source is null)
            return;
        foreach (var file in System.IO.Directory.EnumerateFiles(source, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            var folder = Path.GetDirectoryName(copy) ?? target;
            System.IO.Directory.CreateDirectory(folder);
            // git keeps no empty folders, so cur, new and tmp may hold a placeholder: it is no message.
            if (Path.GetFileName(folder) is not ("cur" or "new" or "tmp") || !Path.GetFileName(file).StartsWith('.'))
                File.Copy(file, copy, overwrite: true);
        }
    }

    /// <summary>Finds a folder of the repository: beside the executable when it is published, or else above it.</summary>
    private static string? FindBeside(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (System.IO.Directory.Exists(Path.Combine(folder.FullName, name)))
                return Path.Combine(folder.FullName, name);
        return null;
    }

    private static string NewPassword() => $"demo-{RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 8)}";

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
