using Microsoft.Data.Sqlite;

namespace MailServer.Storage;

/// <summary>
/// The index of one account. Whatever is wrong with it costs time and nothing else: who asks then gets no answer and reads the messages, and a
/// file that is broken gives way to a new one.
/// </summary>
internal sealed class SearchIndex(StoreContext store, string root) : IAsyncDisposable
{
    /// <summary>A file that could not be used is left alone for a while: the disk may be full, or another process has the account open.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _path = Path.Combine(root, SearchDatabase.FileName);
    private SearchDatabase? _database;
    private DateTimeOffset _restsUntil;
    private bool _isClosed;

    /// <summary>Who waits for it or uses it; the table's.</summary>
    public int Users { get; set; }

    /// <summary>Whether it has been used since the last look; the table's.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Does something with the database, on a thread that may wait for the disk; null when there is none to be had.</summary>
    public async ValueTask<T?> UseAsync<T>(Func<SearchDatabase, T> work, CancellationToken cancellationToken)
        where T : class
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isClosed || store.Time.GetUtcNow() < _restsUntil)
                return null;
            T? result = null;
            await store.Readers.RunAsync(() => result = Try(work)).ConfigureAwait(false);
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Closes the file; nobody can use it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _isClosed = true;
        try
        {
            if (_database is { } database)
                await store.Readers.RunAsync(database.Dispose).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsProblem(failure))
        {
            Log.SearchFailed(store.Logger, _path, failure.Message);
        }
        finally
        {
            _database = null;
            _turn.Release();
        }
    }

    private T? Try<T>(Func<SearchDatabase, T> work)
        where T : class
    {
        try
        {
            return work(_database ??= SearchDatabase.Open(_path));
        }
        catch (Exception failure) when (IsProblem(failure))
        {
            GiveUp(failure);
            return null;
        }
    }

    private void GiveUp(Exception failure)
    {
        try
        {
            _database?.Dispose();
            if (Damage(failure) is { } isOurs)
            {
                if (!isOurs)
                    BrokenFile.Keep(_path, failure.Message, store.Logger);
                SearchDatabase.Remove(_path);
                Log.SearchRemoved(store.Logger, _path, failure.Message);
                return;
            }

            Log.SearchFailed(store.Logger, _path, failure.Message);
        }
        catch (Exception further) when (IsProblem(further))
        {
            Log.SearchFailed(store.Logger, _path, further.Message);
        }
        finally
        {
            _database = null;
        }

        _restsUntil = store.Time.GetUtcNow() + Rest;
    }

    private static bool IsProblem(Exception failure) => DiskProblem.Is(failure)
        || failure is SqliteException or SearchFileException or InvalidCastException // a column of another type than ours
            or TypeInitializationException or DllNotFoundException;                  // a machine that SQLite is not built for

    /// <summary>Whether the file itself is of no use, and whether it is ours.</summary>
    private static bool? Damage(Exception failure) => failure switch
    {
        SearchFileException file => file.IsOurs,
        InvalidCastException => true,
        SqliteException { SqliteErrorCode: NotADatabase } => false,
        SqliteException { SqliteErrorCode: Corrupt or Error or Mismatch } => true,
        _ => null,
    };

    // https://www.sqlite.org/rescode.html; Error is what a missing table is answered with.
    private const int Error = 1;
    private const int Corrupt = 11;
    private const int Mismatch = 20;
    private const int NotADatabase = 26;
}
