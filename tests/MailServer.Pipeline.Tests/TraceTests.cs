using System.Net;

namespace MailServer.Pipeline.Tests;

/// <summary>The fields on top, octet for octet (RFC 5321 §4.4).</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task One_recipient_is_named()
    {
        var road = new Road();
        await road.SendAsync(Road.Hello, "alice+x@example.org");
        var id = Assert.Single(road.Reports).MessageId;
        Assert.Equal(
            "Return-Path: <a@sender.example>\n"
            + "Received: from client.example ([192.0.2.1])\n"
            + "\tby mx.example.org with ESMTP\n"
            + $"\tid {id}\n"
            + "\tfor <alice+x@example.org>;\n"
            + "\tTue, 24 Nov 2026 06:07:08 +0000\n"
            + "From: a@sender.example\nSubject: hello\n\nbody\n",
            Assert.Single(road.Store.All).Text);
    }

    [Fact]
    public async Task Several_recipients_are_not_shown_to_each_other()
    {
        var road = new Road();
        await road.SendAsync(Road.Hello, "alice@example.org", "bob@example.org");
        Assert.All(road.Store.All, copy => Assert.DoesNotContain("for <", copy.Text, StringComparison.Ordinal));
        Assert.All(road.Store.All, copy => Assert.DoesNotContain("bob@", copy.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("192.0.2.7", "mail.example", "ESMTPS", "TLS1.3", null, "a@b.example", "from mail.example ([192.0.2.7])\n\tby mx.example.org with ESMTPS (TLS1.3 TLS_AES_256_GCM_SHA384)\n\tid ")]
    [InlineData("2001:db8::7", "mail.example", "ESMTP", null, null, "a@b.example", "from mail.example ([IPv6:2001:db8::7])\n\tby mx.example.org with ESMTP\n\tid ")]
    [InlineData("::ffff:192.0.2.7", "mail.example", "ESMTP", null, null, "a@b.example", "from mail.example ([192.0.2.7])\n\tby ")]
    [InlineData("fe80::1%3", "mail.example", "ESMTP", null, null, "a@b.example", "from mail.example ([IPv6:fe80::1])\n\tby ")]
    [InlineData("192.0.2.7", "[192.0.2.7]", "SMTP", null, null, "a@b.example", "from [192.0.2.7] ([192.0.2.7])\n\tby mx.example.org with SMTP\n\tid ")]
    [InlineData("192.0.2.7", "x (by me)\r\nBcc: y;", "SMTP", null, null, "a@b.example", "from x??by?me???Bcc:?y? ([192.0.2.7])\n")]
    [InlineData("192.0.2.7", "", "SMTP", null, null, "a@b.example", "from unknown ([192.0.2.7])\n")]
    public async Task Received_says_from_where_and_how(string remote, string helo, string with, string? tls, string? user, string sender, string expected)
    {
        Assert.Null(user);
        var road = new Road();
        road.Envelope = road.Envelope with
        {
            Helo = helo,
            With = with,
            ReversePath = FakeAccounts.AddressOf(sender),
            Connection = Road.Connection with
            {
                Remote = new(IPAddress.Parse(remote), 1),
                Tls = tls is null ? null : new() { Protocol = tls, CipherSuite = "TLS_AES_256_GCM_SHA384" },
            },
        };
        await road.SendAsync(Road.Hello, "alice@example.org");
        Assert.Contains("Received: " + expected, Assert.Single(road.Store.All).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "Return-Path: <>\n")]
    [InlineData("john doe", "b.example", "Return-Path: <\"john doe\"@b.example>\n")]
    [InlineData("a\"b\\c", "b.example", "Return-Path: <\"a\\\"b\\\\c\"@b.example>\n")]
    [InlineData(".a", "b.example", "Return-Path: <\".a\"@b.example>\n")]
    [InlineData("jürgen", "bücher.example", "Return-Path: <jürgen@bücher.example>\n")]
    public async Task Return_Path_is_the_reverse_path(string? local, string? domain, string expected)
    {
        var road = new Road();
        road.Envelope = road.Envelope with { ReversePath = local is null ? null : new(local, domain!) };
        await road.SendAsync(Road.Hello, "alice@example.org");
        Assert.StartsWith(expected, Assert.Single(road.Store.All).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_filters_put_on_top_stands_between_Return_Path_and_Received()
    {
        var road = new Road();
        road.Roles.Filters.Add(new FakeFilter("x")
        {
            Message = (message, _) =>
            {
                message.Prepend("X-First", "1");
                message.Prepend("X-Second", "2");
                Assert.Equal(["2"], message.Headers("x-second"));
                return new(Verdict.Continue);
            },
        });
        await road.SendAsync(Road.Hello, "alice@example.org");
        Assert.StartsWith("Return-Path: <a@sender.example>\nX-Second: 2\nX-First: 1\nReceived: from", Assert.Single(road.Store.All).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X Bad", "v")]
    [InlineData("X:Bad", "v")]
    [InlineData("", "v")]
    [InlineData("X-É", "v")]
    [InlineData("X-Bad", "v\r\nBcc: me")]
    [InlineData("X-Bad", "v\0")]
    public void A_field_that_cannot_be_one_is_refused(string name, string value) => Assert.ThrowsAny<ArgumentException>(() => FieldWriter.Check(name, value));

    [Fact]
    public void A_long_field_is_folded_and_unfolds_to_the_same()
    {
        var value = string.Join(' ', Enumerable.Range(0, 60).Select(i => $"word{i};")) + " " + new string('x', 200);
        var text = new System.Text.StringBuilder();
        FieldWriter.Append(text, "X-Long", value);
        var lines = text.ToString().TrimEnd('\n').Split('\n');
        Assert.All(lines.SkipLast(2), line => Assert.InRange(line.Length, 60, 78));
        Assert.All(lines.Skip(1), line => Assert.StartsWith(" ", line, StringComparison.Ordinal));
        Assert.Equal($"X-Long: {value}", string.Concat(lines));
    }

    [Fact]
    public async Task A_submitted_message_gets_the_date_and_id_it_lacks()
    {
        var road = new Road();
        road.Envelope = road.Envelope with { With = "ESMTPSA", User = FakeAccounts.UserOf("bob@example.org") };
        await road.SendAsync(Road.Hello, "alice@example.org");
        var id = Assert.Single(road.Reports).MessageId;
        Assert.Contains($"\nDate: Tue, 24 Nov 2026 06:07:08 +0000\nMessage-ID: <{id}@mx.example.org>\nFrom: a@", Assert.Single(road.Store.All).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_submitted_message_that_has_both_is_left_alone()
    {
        var road = new Road();
        road.Envelope = road.Envelope with { User = FakeAccounts.UserOf("bob@example.org") };
        await road.SendAsync("date: x\r\nMESSAGE-id: <y>\r\n" + Road.Hello, "alice@example.org");
        Assert.Contains("+0000\ndate: x\nMESSAGE-id: <y>\nFrom:", Assert.Single(road.Store.All).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_messages_sort_by_time_and_never_repeat()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var names = Enumerable.Range(0, 10_000).Select(_ => MessageId.Create(time)).ToHashSet();
        Assert.Equal(10_000, names.Count);
        Assert.All(names, name => Assert.Matches("^[0-9a-z]{14}$", name));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(string.CompareOrdinal(MessageId.Create(time), names.Max(StringComparer.Ordinal)) > 0);
    }
}
