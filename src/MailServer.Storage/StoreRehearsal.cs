using System.IO.Pipelines;
using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Storage;

/// <summary>
/// Does once what sessions do, with a few messages in a Maildir of its own that is removed again: code that has run is compiled, so that the
/// first session after a start need not wait for that.
/// </summary>
internal sealed class StoreRehearsal : IAsyncDisposable
{
    /// <summary>Enough for the loops over messages to count as often used (30 calls), so that the compiler betters them now and not later.</summary>
    private const int Messages = 48;

    public static readonly User Nobody = new() { Name = "nobody", Address = new("nobody", "localhost") };

    private static readonly FolderName Other = new("Other");

    private readonly string _directory;
    private readonly MaildirStore _store;

    public StoreRehearsal(string dataDirectory, DirectoryWatcher watcher, TimeProvider time)
    {
        _directory = Path.Combine(dataDirectory, "rehearsal");
        RemoveFiles(); // of a server that was killed meanwhile

        // Without index for searches, which brings SQLite into memory, and without a journal.
        var options = new StoreOptions
        {
            Maildir = Path.Combine(_directory, "Maildir"),
            DataDirectory = _directory,
            Hostname = "localhost",
            SearchIndex = false,
            JournalDays = 0,
        };
        _store = new(options, watcher, time, NullLoggerFactory.Instance);
    }

    /// <summary>The store that is played with.</summary>
    public MaildirStore Store => _store;

    /// <summary>Delivers, opens, reads, searches, changes, copies, moves and removes.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        await DeliverAsync(cancellationToken).ConfigureAwait(false);
        if (!(await _store.OpenAsync(Nobody, cancellationToken).ConfigureAwait(false)).TryGet(out var account, out _))
            return;
        await using (account.ConfigureAwait(false))
        {
            _ = await account.CreateAsync(Other, specialUse: null, cancellationToken).ConfigureAwait(false);
            _ = await account.ListAsync(cancellationToken).ConfigureAwait(false);

            // Twice: once with all to be found out, once with the index and the structures that the first has left.
            for (var round = 0; round < 2; round++)
                await OpenAsync(account, cancellationToken).ConfigureAwait(false);
            _ = await account.StatusAsync(FolderName.Inbox, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync().ConfigureAwait(false);
        RemoveFiles();
    }

    private async ValueTask DeliverAsync(CancellationToken cancellationToken)
    {
        var spool = _store.CreateSpool();
        await using (spool.ConfigureAwait(false))
        {
            await spool.Writer.WriteAsync(Encoding.ASCII.GetBytes(TextOf(0)), cancellationToken).ConfigureAwait(false);
            if (await spool.SealAsync(default, cancellationToken).ConfigureAwait(false) is null)
                _ = await _store.DeliverAsync(spool, Nobody, FolderName.Inbox, default, cancellationToken).ConfigureAwait(false);
        }

        // The others need not be durable.
        var directory = Path.Combine(_directory, "Maildir", "cur");
        for (var i = 1; i < Messages; i++)
            StoreContext.WriteNew(Path.Combine(directory, $"{1_000_000_000 + i}.{i}.localhost:2,"), Encoding.ASCII.GetBytes(TextOf(i).ReplaceLineEndings("\n")));
    }

    private static async ValueTask OpenAsync(IMailAccount account, CancellationToken cancellationToken)
    {
        var opened = await account.OpenFolderAsync(FolderName.Inbox, FolderAccess.ReadWrite, session: null, cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var view, out _))
            return;
        await using (view.ConfigureAwait(false))
        {
            if (view.Count < 4)
                return;
            await ReadAsync(view, cancellationToken).ConfigureAwait(false);
            await ChangeAsync(view, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask ReadAsync(IFolderView view, CancellationToken cancellationToken)
    {
        await view.MeasureAsync(1, view.Count, cancellationToken).ConfigureAwait(false);
        await view.ReadStructuresAsync(1, view.Count, cancellationToken).ConfigureAwait(false);
        for (var sequence = 1; sequence <= view.Count; sequence++)
        {
            _ = view.InfoAt(sequence);
            _ = await view.StructureAtAsync(sequence, cancellationToken).ConfigureAwait(false);
            if ((await view.OpenMessageAsync(sequence, cancellationToken).ConfigureAwait(false)).TryGet(out var content, out _))
                await using (content.ConfigureAwait(false))
                    await content.CopyToAsync(PipeWriter.Create(Stream.Null), 0, content.Size, cancellationToken).ConfigureAwait(false);
        }

        _ = await view.SearchAsync(new SearchKey.Header("Subject", "nothing"), cancellationToken).ConfigureAwait(false);
        _ = await view.SearchAsync(new SearchKey.Text("nothing"), cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask ChangeAsync(IFolderView view, CancellationToken cancellationToken)
    {
        List<int> all = [.. Enumerable.Range(1, view.Count)];
        _ = await view.StoreAsync(all, FlagChange.Add, SystemFlags.Flagged, cancellationToken).ConfigureAwait(false);
        _ = await view.StoreAsync(all, FlagChange.Remove, SystemFlags.Flagged, cancellationToken).ConfigureAwait(false);
        _ = await view.CopyAsync([1, 2], Other, cancellationToken).ConfigureAwait(false);
        _ = await view.MoveAsync([1], Other, cancellationToken).ConfigureAwait(false);
        _ = await view.ExpungeAsync([1], cancellationToken).ConfigureAwait(false);
        _ = await view.RefreshAsync(mayExpunge: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A mail as programs write them: fields folded, with an encoded word, and two parts.</summary>
    private static string TextOf(int number) => $"""
        Return-Path: <nobody@localhost>
        Received: from localhost by localhost;
        {'\t'}Thu, 1 Jan 2026 00:00:00 +0000
        From: =?utf-8?Q?No_b=C3=B6dy?= <nobody@localhost>
        To: "Nobody, too" <nobody@localhost>, nobody@localhost
        Subject: =?utf-8?B?UmVoZWFyc2Fs?= {number}
        Date: Thu, 1 Jan 2026 00:00:00 +0000
        Message-ID: <{number}@localhost>
        In-Reply-To: <0@localhost>
        MIME-Version: 1.0
        Content-Type: multipart/alternative; boundary="part"

        --part
        Content-Type: text/plain; charset=utf-8; format=flowed
        Content-Transfer-Encoding: quoted-printable

        H=C3=B6rbar
        --part
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: base64

        PHA+SMO2cmJhcjwvcD4=
        --part--

        """.ReplaceLineEndings("\r\n");

    private void RemoveFiles()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }
}
