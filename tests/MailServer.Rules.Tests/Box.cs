using MailServer.TestKit;

namespace MailServer.Rules.Tests;

/// <summary>A Maildir with a journal, both written by hand.</summary>
internal sealed class Box : IDisposable
{
    private readonly TempDirectory _directory = new();

    public Box() => Make(Path);

    public string Path => _directory.Path;

    /// <summary>The fields that the server puts on top.</summary>
    public static string Trace(string id, string findings) =>
        $"Return-Path: <a@sender.example>\n{findings}Received: from x ([192.0.2.1])\n\tby mx.example.org with ESMTP\n\tid {id}\n\tfor <alice@example.org>;\n\tTue, 24 Nov 2026 10:00:00 +0000\n";

    public void Add(string name, string text, params string[] journal) => AddTo("INBOX", name, text, journal);

    public void AddTo(string folder, string name, string text, params string[] journal)
    {
        var directory = folder == "INBOX" ? Path : System.IO.Path.Combine(Path, "." + folder);
        Make(directory);
        File.WriteAllText(System.IO.Path.Combine(directory, "cur", name + ":2,"), text);
        File.AppendAllLines(System.IO.Path.Combine(Path, "mailserver-journal-2026-11"), journal);
    }

    public void Dispose() => _directory.Dispose();

    private static void Make(string directory)
    {
        foreach (var name in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(System.IO.Path.Combine(directory, name));
    }
}
