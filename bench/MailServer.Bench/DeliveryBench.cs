using System.Diagnostics;
using System.Globalization;
using System.Text;
using MailServer.Posix;
using MailServer.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Bench;

/// <summary>
/// Deliveries into one Maildir from several writers, each durable before the next of the same writer, as many a second as the disk gives:
/// <c>dotnet run -c Release --project bench/MailServer.Bench -- delivery WRITERS MESSAGES DIRECTORY</c>. To be held against a program in C that
/// does nothing but the same calls (<c>../shared/bench/fslimit.c</c>, mode 2), in runs that take turns. What was delivered stays there: ext4
/// without a journal avoids inodes that were freed a moment ago, and the next run would be slower for it.
/// </summary>
internal static class DeliveryBench
{
    private static readonly byte[] Message = Encoding.ASCII.GetBytes(
        "From: carol@example.net\r\nTo: alice@example.org\r\nSubject: bench\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 76) + "\r\n", 51)));

    private static readonly User Alice = new() { Name = "alice", Address = new("alice", "example.org") };

    public static async Task RunAsync(int writers, int messages, string parent)
    {
        var directory = Path.Combine(parent, $"delivery-{Environment.ProcessId}");
        Directory.CreateDirectory(directory);
        using var watcher = DirectoryWatcher.Create();
        await using var store = new MaildirStore(
            new() { Maildir = "{data}/{user}", DataDirectory = directory, Hostname = "mx.example.org" }, watcher, TimeProvider.System, NullLoggerFactory.Instance);

        // The code is compiled and the folders are made before the clock starts.
        await DeliverAsync(store, writers, Math.Max(writers, 200));
        var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await DeliverAsync(store, writers, messages);
        var (time, used) = (Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - cpu);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{messages / time.TotalSeconds:F1} {used.TotalMilliseconds / messages:F4}"));
    }

    private static async Task DeliverAsync(MaildirStore store, int writers, int messages)
    {
        var left = messages;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await using var spool = store.CreateSpool();
                await spool.Writer.WriteAsync(Message);
                var problem = await spool.SealAsync(default, default)
                    ?? (await store.DeliverAsync(spool, Alice, FolderName.Inbox, default, default)).Problem;
                if (problem is not null)
                    throw new IOException(problem.Text);
            }
        })));
    }
}
