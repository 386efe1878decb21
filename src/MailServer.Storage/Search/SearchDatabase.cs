using MailServer.Posix;
using Microsoft.Data.Sqlite;

namespace MailServer.Storage;

/// <summary>
/// The file <c>mailserver-search</c> of an account: SQLite's FTS5 with terms of three characters, without the texts and without positions.
/// Header and body of a message are a document each. Used by one thread at a time.
/// </summary>
internal sealed class SearchDatabase : IDisposable
{
    public const string FileName = "mailserver-search";

    /// <summary>By what programs know their files in SQLite.</summary>
    public const int ApplicationId = 0x4D535345; // "MSSE"
    /// <summary>2: lines in a header that are no fields are in it, too.</summary>
    private const int Version = 2;

    /// <summary>The tables, and the version last: a file whose making was cut off has none of both.</summary>
    private const string Schema = """
        CREATE VIRTUAL TABLE texts USING fts5(text, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1');
        CREATE TABLE folders(id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, used INTEGER NOT NULL);
        CREATE TABLE marks(folder INTEGER NOT NULL, block INTEGER NOT NULL, marks BLOB NOT NULL, PRIMARY KEY(folder, block)) WITHOUT ROWID;
        """;

    /// <summary>
    /// WAL with NORMAL syncs at checkpoints only, and a power cut loses the last batches but leaves no file that answers wrongly, as OFF
    /// would. An exclusive lock needs no shared memory file, and tells another process that it must do without. A mebibyte of cache is
    /// enough for a batch, which is what takes most.
    /// </summary>
    private const string Setup = """
        PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
        PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA journal_size_limit=1048576;
        """;

    private readonly SqliteConnection _connection;

    private SearchDatabase(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the file, which is made when it is not there.</summary>
    /// <exception cref="SqliteException">It cannot be opened, or is broken.</exception>
    /// <exception cref="SearchFileException">It is of another version, or another program's.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static SearchDatabase Open(string path)
    {
        if (!File.Exists(path))
        {
            Remove(path);                                               // its log may be left
            StoreContext.WriteNew(path, []);
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,                            // an account that is gone does not come back by it
            Pooling = false,                                            // closed is closed
            DefaultTimeout = 1,                                         // seconds; who waits longer had better read the messages
        }.ToString());
        var database = new SearchDatabase(connection);
        try
        {
            connection.Open();
            database.Run(Setup);
            database.Prepare();
            return database;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Takes the file away: it can be built again.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public static void Remove(string path)
    {
        // The log first: SQLite would apply it to the next file of that name.
        foreach (var one in new[] { path + "-wal", path + "-journal", path + "-shm" })
            DurableFile.TryUnlink(one);
        DurableFile.Unlink(path);
    }

    /// <summary>The number of a folder; 0 when it is not known.</summary>
    public long FolderOf(string identity, long today)
    {
        using var command = Command("SELECT id, used FROM folders WHERE identity = $identity", ("$identity", identity));
        using var row = command.ExecuteReader();
        if (!row.Read())
            return 0;
        var (id, used) = (row.GetInt64(0), row.GetInt64(1));
        row.Close();

        // Once a week is enough to know what is still in use.
        if (today - used > 7)
            Run("UPDATE folders SET used = $today WHERE id = $id", ("$today", today), ("$id", id));
        return id;
    }

    public long AddFolder(string identity, long today)
    {
        Run("INSERT INTO folders(identity, used) VALUES($identity, $today) ON CONFLICT DO NOTHING", ("$identity", identity), ("$today", today));
        return FolderOf(identity, today);
    }

    public FolderMarks MarksOf(long folder)
    {
        var marks = new FolderMarks();
        using var command = Command("SELECT block, marks FROM marks WHERE folder = $folder", ("$folder", folder));
        using var row = command.ExecuteReader();
        while (row.Read())
            marks.Read((uint)row.GetInt64(0), row.GetFieldValue<byte[]>(1));
        return marks;
    }

    /// <summary>The UIDs of a folder whose messages may hold a text, by its <see cref="SearchTerms.QueryOf"/>.</summary>
    public SearchCandidates Find(long folder, string query)
    {
        List<uint> headers = [], bodies = [];
        using var command = Command(
            "SELECT rowid FROM texts WHERE texts MATCH $query AND rowid BETWEEN $first AND $last ORDER BY rowid",
            ("$query", query), ("$first", DocumentOf(folder, 0, isBody: false)), ("$last", DocumentOf(folder, uint.MaxValue, isBody: true)));
        using var row = command.ExecuteReader();
        while (row.Read())
            (row.GetInt64(0) is var document && (document & 1) == 1 ? bodies : headers).Add((uint)(document >> 1));
        return new(headers, bodies);
    }

    /// <summary>Puts messages in and takes others out, all or nothing.</summary>
    public void Change(long folder, FolderMarks marks, IReadOnlyList<IndexedMessage> added, IReadOnlyCollection<uint> removed)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var uid in removed.Concat(added.Where(message => marks.HasAny(message.Uid)).Select(message => message.Uid)))
            RemoveDocuments(DocumentOf(folder, uid, isBody: false), DocumentOf(folder, uid, isBody: true));
        using (var insert = Command("INSERT INTO texts(rowid, text) VALUES($document, $text)", ("$document", 0L), ("$text", "")))
            foreach (var message in added.Where(message => !message.IsCut))
            {
                Insert(insert, DocumentOf(folder, message.Uid, isBody: false), message.Header);
                Insert(insert, DocumentOf(folder, message.Uid, isBody: true), message.Body);
            }

        foreach (var uid in removed)
            marks.Clear(uid);
        foreach (var message in added)
            marks.Set(message.Uid, message.BaseName, message.IsCut);
        foreach (var block in removed.Concat(added.Select(message => message.Uid)).Select(uid => uid / FolderMarks.BlockSize).Distinct())
            WriteMarks(folder, block, marks);
        transaction.Commit();
    }

    /// <summary>One folder that nobody has searched since that day; 0 when there is none.</summary>
    public long UnusedSince(long day)
    {
        using var command = Command("SELECT id FROM folders WHERE used < $day LIMIT 1", ("$day", day));
        return command.ExecuteScalar() is long id ? id : 0;
    }

    public void RemoveFolder(long folder)
    {
        using var transaction = _connection.BeginTransaction();
        RemoveDocuments(DocumentOf(folder, 0, isBody: false), DocumentOf(folder, uint.MaxValue, isBody: true));
        Run("DELETE FROM marks WHERE folder = $folder", ("$folder", folder));
        Run("DELETE FROM folders WHERE id = $folder", ("$folder", folder));
        transaction.Commit();
    }

    public void Dispose() => _connection.Dispose();

    // A folder's documents lie beside each other, so that a search looks at no other folder's.
    private static long DocumentOf(long folder, uint uid, bool isBody) => (folder << 33) | ((long)uid << 1) | (isBody ? 1L : 0);

    private static void Insert(SqliteCommand insert, long document, string text)
    {
        insert.Parameters[0].Value = document;
        insert.Parameters[1].Value = text;
        insert.ExecuteNonQuery();
    }

    private void Prepare()
    {
        var (application, version) = (Number("PRAGMA application_id"), Number("PRAGMA user_version"));
        if (application == ApplicationId && version == Version)
            return;
        if (application == ApplicationId)
            throw new SearchFileException($"of version {version}", isOurs: true);
        if (Number("SELECT count(*) FROM sqlite_schema") > 0)
            throw new SearchFileException("another program's database", isOurs: false);
        using var transaction = _connection.BeginTransaction();
        Run(Schema);
        Run($"PRAGMA application_id={ApplicationId}; PRAGMA user_version={Version};");
        transaction.Commit();
    }

    private void WriteMarks(long folder, uint block, FolderMarks marks)
    {
        if (marks.HasAnyIn(block))
            Run("INSERT OR REPLACE INTO marks VALUES($folder, $block, $marks)",
                ("$folder", folder), ("$block", (long)block), ("$marks", marks.Write(block)));
        else
            Run("DELETE FROM marks WHERE folder = $folder AND block = $block", ("$folder", folder), ("$block", (long)block));
    }

    private void RemoveDocuments(long first, long last) =>
        Run("DELETE FROM texts WHERE rowid BETWEEN $first AND $last", ("$first", first), ("$last", last));

    private long Number(string sql)
    {
        using var command = Command(sql);
        return (long)command.ExecuteScalar()!;
    }

    private void Run(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = Command(sql, values);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // only this file's own constants come here
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        return command;
    }
}
