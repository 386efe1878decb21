using System.Text;
using MailServer.Posix;
using MailServer.Storage;
using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Imap.Tests;

/// <summary>SORT and THREAD over the real store (RFC 5256); the scripts of imaptest do the same with other messages.</summary>
public sealed class OrderTests
{
    /// <summary>Two subjects with one base are one thread of ORDEREDSUBJECT; with two, they are two.</summary>
    [Theory]
    [InlineData("Plan", "Re: plan", true)]
    [InlineData("Plan", "RE: FW:  fwd: plan (fwd) ", true)]
    [InlineData("Plan", "Re [2]: plan", true)]
    [InlineData("Plan", "[list] Re: [list] plan", true)]
    [InlineData("Plan", "[list]plan", true)]
    [InlineData("Plan", "[Fwd: Re: plan]", true)]
    [InlineData("Plan  B", "plan\r\n\tb", true)]
    [InlineData("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Re: =?iso-8859-1?q?gr=FC=DFe?=", true)]
    [InlineData("[list]", "Re: [list]", true)]
    [InlineData("[fwd:]", "", true)]
    [InlineData("Plan", "Reply: plan", false)]
    [InlineData("Plan", "Re plan", false)]
    [InlineData("Plan", "[a[b]] plan", false)]
    [InlineData("Plan", "plan fwd", false)]
    [InlineData("[list]", "[other]", false)]
    [InlineData("[fwd: plan", "plan", false)]
    public async Task A_base_subject_is_what_answers_leave(string subject, string other, bool areOne)
    {
        await using var store = new Store();
        var session = await store.SelectAsync($"Subject: {subject}", $"Subject: {other}");
        await session.SayAsync("a THREAD ORDEREDSUBJECT UTF-8 ALL", areOne ? "* THREAD (1 2)" : "* THREAD (1)(2)", "a OK THREAD completed");
        session.Connection.HangUp();
    }

    [Theory]
    [InlineData("SORT (SUBJECT) UTF-8 ALL", "SORT 4 3 1 2")]
    [InlineData("SORT (REVERSE SUBJECT) UTF-8 ALL", "SORT 1 2 3 4")]
    [InlineData("SORT (SUBJECT REVERSE DATE) US-ASCII ALL", "SORT 4 3 2 1")]
    [InlineData("UID SORT (DATE) UTF-8 NOT 3", "SORT 4 1 2")]
    [InlineData("SORT (FROM) UTF-8 ALL", "SORT 4 3 1 2")]
    [InlineData("SORT (DISPLAYFROM) UTF-8 ALL", "SORT 4 2 3 1")]
    [InlineData("SORT (CC TO REVERSE ARRIVAL) UTF-8 1,3", "SORT 1 3")]
    [InlineData("SORT (SIZE) UTF-8 FROM nobody", "SORT")]
    [InlineData("SORT RETURN (MIN MAX COUNT ALL) (DATE) UTF-8 ALL", "ESEARCH (TAG \"a\") MIN 4 MAX 3 COUNT 4 ALL 4,1:3")]
    [InlineData("UID SORT RETURN (ALL) (REVERSE DATE) UTF-8 ALL", "ESEARCH (TAG \"a\") UID ALL 3,2,1,4")]
    [InlineData("SORT RETURN (PARTIAL 1:2) (REVERSE DATE) UTF-8 ALL", "ESEARCH (TAG \"a\") PARTIAL (1:2 3,2)")]
    public async Task Messages_come_in_the_order_asked_for(string command, string answer)
    {
        await using var store = new Store();
        var session = await store.SelectAsync(
            "Subject: same\r\nFrom: \"Zoe\" <b@x.org>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000",
            "Subject: Re: SAME\r\nFrom: anna <c@x.org>\r\nDate: Mon, 2 Nov 2026 10:00:00 -0100",
            "Subject: a\r\nFrom: =?utf-8?q?Mo?= <a@x.org>\r\nDate: Tue, 3 Nov 2026 00:00:00 +0000",
            "Date: Sun, 1 Nov 2026 10:00:00 +0000");
        await session.SayAsync($"a {command}", $"* {answer}", "a OK");
        session.Connection.HangUp();
    }

    [Theory]
    [InlineData("SORT () UTF-8 ALL", "a BAD")]
    [InlineData("SORT (SUBJECT) ALL", "a BAD")]
    [InlineData("SORT (NOTHING) UTF-8 ALL", "a BAD")]
    [InlineData("SORT (REVERSE) UTF-8 ALL", "a BAD")]
    [InlineData("SORT (DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE DATE) UTF-8 ALL", "a BAD Too many")]
    [InlineData("SORT (DATE) KOI8-R ALL", "a NO [BADCHARSET (US-ASCII UTF-8)]")]
    [InlineData("THREAD REFERENCES KOI8-R ALL", "a NO [BADCHARSET (US-ASCII UTF-8)]")]
    [InlineData("THREAD JWZ UTF-8 ALL", "a BAD")]
    [InlineData("THREAD REFERENCES UTF-8", "a BAD")]
    public async Task What_cannot_be_put_in_order_is_refused(string command, string answer)
    {
        await using var store = new Store();
        var session = await store.SelectAsync("Subject: x");
        await session.SayAsync($"a {command}", answer);
        session.Connection.HangUp();
    }

    [Theory]
    [InlineData("(1 2 3)", "Message-ID: <a@x>", "Message-ID: <b@x>\r\nReferences: <a@x>", "Message-ID: <c@x>\r\nReferences: <a@x> <b@x>")]
    [InlineData("(1 2)", "Message-ID: <\"a b\"@x>", "In-Reply-To: somebody <\"a b\"@x> and more")]
    [InlineData("(1 2)", "Message-ID: <\"a\"@x>", "References: <a @ x>")]
    [InlineData("(1)(2)", "Message-ID: <a@x>", "References: <A@x>")]
    [InlineData("(1)(2)", "Message-ID: <a@x>\r\nReferences: <a@x>", "Message-ID: <a@x>")]
    [InlineData("(2 1)", "Message-ID: <a@x>\r\nReferences: <b@x>", "Message-ID: <b@x>\r\nReferences: <a@x>")]
    [InlineData("((1)(2))", "References: <gone@x>", "References: <gone@x>")]
    [InlineData("(1 (2)(3))", "Message-ID: <a@x>", "References: <a@x>", "References: <a@x>")]
    [InlineData("((1)(2))", "Subject: x", "Subject: X")]
    [InlineData("(1 2)", "Subject: x", "Subject: Re: X")]
    public async Task Answers_are_below_what_they_answer(string threads, params string[] headers)
    {
        await using var store = new Store();
        var session = await store.SelectAsync(headers);
        await session.SayAsync("a THREAD REFERENCES UTF-8 ALL", "* THREAD " + threads, "a OK THREAD completed");
        await session.SayAsync("b UID THREAD REFERENCES UTF-8 ALL", "* THREAD " + threads, "b OK THREAD completed");
        session.Connection.HangUp();
    }

    /// <summary>Senders choose how deep a thread is: neither the stack nor the square of its length may be the limit.</summary>
    [Fact]
    public async Task A_thread_may_be_as_deep_as_a_folder_is_long()
    {
        await using var store = new Store();
        var headers = Enumerable.Range(0, 3_000).Select(i => $"Message-ID: <{i}@x>\r\nReferences: <{(i % 3 == 0 ? i + 3 : i - 1)}@x>").ToArray();
        var session = await store.SelectAsync(headers);
        await session.Connection.SendAsync("a THREAD REFERENCES UTF-8 ALL\r\n");
        var line = Assert.Single(await session.SkipToAsync("a OK"));
        Assert.Equal(headers.Length, line.Split(['(', ')', ' '], StringSplitOptions.RemoveEmptyEntries).Skip(2).Distinct().Count());
        Assert.Equal(line.Count(c => c == '('), line.Count(c => c == ')'));
        session.Connection.HangUp();
    }

    private sealed class Store : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new();
        private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
        private readonly MaildirStore _store;

        public Store() => _store = new(
            new() { Maildir = "{data}/{user}", DataDirectory = _directory.Path, Hostname = "mx.example.org" }, _watcher, TimeProvider.System, NullLoggerFactory.Instance);

        public async Task<Session> SelectAsync(params string[] headers)
        {
            var host = Session.NewHost();
            host.Store = _store;
            var session = await Session.LoggedInAsync(host);
            foreach (var header in headers)
            {
                var text = Encoding.UTF8.GetBytes(header + "\r\n\r\n");
                await session.Connection.SendAsync($"p APPEND INBOX \" 1-Nov-2026 00:00:00 +0000\" {{{text.Length}+}}\r\n");
                await session.Connection.SendAsync(text);
                await session.Connection.SendAsync("\r\n");
                await session.SkipToAsync("p OK");
            }

            await session.Connection.SendAsync("s SELECT INBOX\r\n");
            await session.SkipToAsync("s OK");
            return session;
        }

        public async ValueTask DisposeAsync()
        {
            await _store.DisposeAsync();
            _watcher.Dispose();
            _directory.Dispose();
        }
    }
}
