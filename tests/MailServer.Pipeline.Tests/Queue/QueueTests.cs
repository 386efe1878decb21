namespace MailServer.Pipeline.Tests;

public sealed class QueueTests
{
    [Fact]
    public async Task Mail_of_a_user_for_another_server_is_sent_on_without_its_return_path()
    {
        await using var rig = new QueueRig().Start();
        Assert.Null(await rig.SendAsync("bob@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it stays in the queue");
        var (_, to, text) = Assert.Single(rig.Transport.Tries);
        Assert.Equal("bob@elsewhere.example", to);
        Assert.StartsWith("Received: from client.example ([192.0.2.1])\r\n\tby mx.example.org with ESMTP\r\n\tid ", text, StringComparison.Ordinal);
        Assert.EndsWith("From: a@sender.example\r\nSubject: hello\r\n\r\nbody\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\tfor <bob@elsewhere.example>;\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\r\nMessage-ID: <", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Return-Path", text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(rig.Directory, "*", SearchOption.AllDirectories));
        Assert.Empty(rig.Road.Store.All);
    }

    [Theory]
    [InlineData("bob@elsewhere.example")]
    [InlineData("bob@sub.example.org")]
    [InlineData("bob@example.org.elsewhere.example")]
    [InlineData("alice%elsewhere.example@mx.example.org")]
    [InlineData("bob@[192.0.2.9]")]
    [InlineData("bob@[127.0.0.1]")]
    [InlineData("bob@localhost")]
    [InlineData("bob@xn--bcher-kva.example.elsewhere.example")]
    [InlineData("@example.org,@elsewhere.example:bob@elsewhere.example")]
    [InlineData("postmaster@elsewhere.example")]
    [InlineData("bob@EXAMPLE.ORG.")]
    public async Task Nobody_relays_without_a_login(string recipient)
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Envelope = rig.Road.Envelope with { User = null };
        Assert.Equal("5.7.1", (await rig.SendAsync(recipient))?.Status.ToString());
        // Nor with a sender of ours, nor with none.
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = null };
        Assert.Equal("5.7.1", (await rig.SendAsync(recipient))?.Status.ToString());
        Assert.Empty(rig.Queue.Folder.List());
        Assert.Equal(0, rig.Transport.Count);
    }

    [Theory]
    [InlineData("bob%elsewhere.example@example.org", "5.1.1")]
    [InlineData("bob@elsewhere.example@example.org", "5.1.1")]
    [InlineData("elsewhere.example!bob@example.org", "5.1.1")]
    [InlineData("bob@[192.0.2.9]", "5.1.2")]
    public async Task Odd_addresses_go_nowhere_with_a_login_either(string recipient, string status)
    {
        await using var rig = new QueueRig().Start();
        Assert.Equal(status, (await rig.SendAsync(recipient))?.Status.ToString());
        Assert.Empty(rig.Queue.Folder.List());
    }

    [Theory]
    [InlineData(true, "From: a@b\r\nSubject: x\r\n\r\nBcc: body\r\n")]
    [InlineData(false, "From: a@b\r\nbcc: secret@elsewhere.example,\r\n other@elsewhere.example\r\nBCC : x@y\r\nSubject: x\r\nResent-Bcc: z@y\r\n\r\nBcc: body\r\n")]
    public async Task Nobody_reads_who_got_a_blind_copy_of_submitted_mail(bool isLoggedIn, string end)
    {
        await using var rig = new QueueRig().Start();
        if (!isLoggedIn)
            rig.Road.Envelope = rig.Road.Envelope with { User = null };
        string[] recipients = isLoggedIn ? ["bob@example.org", "x@elsewhere.example"] : ["bob@example.org"];
        Assert.Null(await rig.Road.SendAsync("From: a@b\r\nbcc: secret@elsewhere.example,\r\n other@elsewhere.example\r\nBCC : x@y\r\nSubject: x\r\nResent-Bcc: z@y\r\n\r\nBcc: body\r\n", recipients));
        Assert.EndsWith(end.ReplaceLineEndings("\n"), rig.Road.Store.All[0].Text, StringComparison.Ordinal);
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it stays in the queue");
        Assert.All(rig.Transport.Tries, sent => Assert.EndsWith(end, sent.Text, StringComparison.Ordinal));
        Assert.Equal(isLoggedIn ? 1 : 0, rig.Transport.Count);
        Assert.All(rig.Road.Store.Spools, spool => Assert.True(spool.IsDisposed));
    }

    [Fact]
    public async Task Without_a_transport_nothing_is_taken_for_elsewhere()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Roles.Transports.Clear();
        Assert.Equal("5.3.3", (await rig.SendAsync("bob@elsewhere.example"))?.Status.ToString());
    }

    [Fact]
    public async Task Some_are_here_and_some_elsewhere()
    {
        await using var rig = new QueueRig().Start();
        Assert.Null(await rig.SendAsync("bob@example.org", "x@one.example", "carol@example.org", "y@two.example", "x@one.example"));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it stays in the queue");
        Assert.Equal(["bob@example.org/INBOX", "carol@example.org/INBOX"], rig.Road.Store.All.Select(mail => mail.Place).Order());
        Assert.Equal(["x@one.example", "y@two.example"], rig.Transport.Tries.Select(sent => sent.To).Order());
        Assert.All(rig.Transport.Tries, sent => Assert.DoesNotContain("for <", sent.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_stored_here_is_not_queued_either()
    {
        await using var rig = new QueueRig().Start();
        rig.Road.Store.Fault = (_, _) => Problem.Unavailable;
        Assert.Equal("4.3.0", (await rig.SendAsync("bob@example.org", "x@one.example"))?.Status.ToString());
        Assert.Empty(Directory.EnumerateFiles(rig.Directory, "*", SearchOption.AllDirectories));
        Assert.Equal(0, rig.Transport.Count);
    }

    [Fact]
    public async Task What_cannot_be_queued_is_not_stored_either()
    {
        await using var rig = new QueueRig().Start();
        await File.WriteAllTextAsync(rig.Directory, "no folder");
        Assert.Equal("4.3.0", (await rig.SendAsync("bob@example.org", "x@one.example"))?.Status.ToString());
        Assert.Empty(rig.Road.Store.All);
    }

    [Fact]
    public async Task A_server_that_says_later_is_asked_again_at_growing_distances()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later();
        Assert.Null(await rig.SendAsync("bob@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no first try");
        await rig.QuietAsync();
        var mail = rig.Mail();
        Assert.Equal(1, mail.Tries);
        Assert.Equal("4.2.1", mail.To[0].Status);
        Assert.Equal("450 4.2.1 try again", mail.To[0].Reply);
        Assert.InRange(mail.Next - rig.Road.Time.GetUtcNow(), TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(6));

        await rig.AdvanceAsync(TimeSpan.FromMinutes(3.9));
        Assert.Equal(1, rig.Transport.Count);
        await rig.AdvanceAsync(TimeSpan.FromMinutes(2.2));
        Assert.Equal(2, rig.Transport.Count);
        Assert.InRange(rig.Mail().Next - rig.Road.Time.GetUtcNow(), TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(12));
        rig.Transport.Answer = _ => SendResult.Sent;
        await rig.AdvanceAsync(TimeSpan.FromMinutes(12));
        Assert.Equal(3, rig.Transport.Count);
        Assert.Equal(0, rig.Queue.Status().Messages);
        Assert.Empty(rig.Notices);
    }

    [Fact]
    public async Task Who_has_it_does_not_get_it_again_not_after_a_restart_either()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = address => address.LocalPart == "late" ? FakeTransport.Later() : SendResult.Sent;
        Assert.Null(await rig.SendAsync("soon@elsewhere.example", "late@elsewhere.example", "x@third.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 3, "not all are tried");
        await rig.QuietAsync();
        await rig.RestartAsync();
        rig.Transport.Tries.Clear();
        await rig.AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(["late@elsewhere.example"], rig.Transport.Tries.Select(sent => sent.To));
    }

    [Fact]
    public async Task A_stop_waits_for_an_answer_that_is_under_way_and_notes_it()
    {
        await using var rig = new QueueRig().Start();
        var gate = new TaskCompletionSource();
        rig.Transport.Gate = () => gate.Task;
        Assert.Null(await rig.SendAsync("bob@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Running == 1, "no try");
        var stop = rig.Queue.DisposeAsync().AsTask();
        await Task.Delay(50);
        Assert.False(stop.IsCompleted);
        gate.SetResult();
        await stop;
        Assert.Empty(rig.Queue.Folder.List());
    }

    [Fact]
    public async Task A_disk_that_will_not_note_what_was_sent_does_not_have_it_sent_again()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = address => address.LocalPart == "late" ? FakeTransport.Later() : SendResult.Sent;
        var gate = new TaskCompletionSource();
        rig.Transport.Gate = () => gate.Task;
        Assert.Null(await rig.SendAsync("soon@elsewhere.example", "late@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Running == 1, "no try");
        // A folder of the draft's name cannot be: so the whole folder goes away while it is tried, but the message's file stays open.
        var id = rig.Queue.Folder.List()[0];
        var folder = Path.GetDirectoryName(rig.Queue.Folder.EnvelopeOf(id))!;
        Directory.Move(folder, folder + "away");
        gate.SetResult();
        await rig.QuietAsync();
        Directory.Move(folder + "away", folder);
        await rig.AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(["late@elsewhere.example", "late@elsewhere.example", "soon@elsewhere.example"], rig.Transport.Tries.Select(sent => sent.To).Order());
        Assert.Contains(rig.Road.Log.Lines, line => line.StartsWith("530 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_nobody_is_reached_one_message_is_tried_and_the_others_wait()
    {
        await using var rig = new QueueRig().Start();
        await rig.RestartAsync(options => options with { ConnectionsPerDestination = 1 });
        rig.Transport.Answer = address => address.Domain == "down.example" ? FakeTransport.Later("no answer", isUnreachable: true) : SendResult.Sent;
        for (var i = 0; i < 20; i++)
            Assert.Null(await rig.SendAsync($"u{i}@down.example"));
        Assert.Null(await rig.SendAsync("x@up.example"));
        await QueueRig.UntilAsync(() => rig.Queue.Status() is { Messages: 20, Running: 0 }, "the one that is up waits for the one that is down");
        Assert.Equal(1, rig.Transport.Tries.Count(sent => sent.To.EndsWith("@down.example", StringComparison.Ordinal)));
        Assert.Equal("no answer", Assert.Single(rig.Queue.Status().Down).Reason);

        rig.Transport.Answer = _ => SendResult.Sent;
        await rig.AdvanceAsync(TimeSpan.FromMinutes(7));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "they are not sent when it is up again");
        Assert.Empty(rig.Queue.Status().Down);
    }

    [Fact]
    public async Task No_more_than_so_many_go_to_one_destination_at_once_and_the_others_get_their_turn()
    {
        await using var rig = new QueueRig();
        await rig.RestartAsync(options => options with { ConnectionsPerDestination = 2, Connections = 3 });
        var gate = new TaskCompletionSource();
        rig.Transport.Gate = () => gate.Task;
        for (var i = 0; i < 10; i++)
            Assert.Null(await rig.SendAsync($"u{i}@big.example"));
        Assert.Null(await rig.SendAsync("x@small.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Running == 3, "three do not run");
        Assert.Equal(["big.example", "big.example", "small.example"], rig.Transport.Tries.Select(sent => sent.To.Split('@')[1]).Order());
        gate.SetResult();
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "they are not all sent");
        Assert.InRange(rig.Transport.Most, 2, 3);
        Assert.Equal(11, rig.Transport.Count);
    }

    [Fact]
    public async Task Held_mail_waits_until_it_is_released_also_over_a_restart()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later();
        Assert.Null(await rig.SendAsync("bob@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no first try");
        await rig.QuietAsync();
        var id = rig.Mail().Id;
        Assert.Equal(1, rig.Queue.Change(QueueChange.Hold, id));
        Assert.Equal(0, rig.Queue.Change(QueueChange.Retry, id));
        await rig.RestartAsync();
        await rig.AdvanceAsync(TimeSpan.FromDays(6));
        Assert.Equal(1, rig.Transport.Count);
        Assert.Equal((1, 1), (rig.Queue.Status().Messages, rig.Queue.Status().Held));
        rig.Transport.Answer = _ => SendResult.Sent;
        // Held for longer than it is tried, it would go back at once: that is what expiry means, and it is said.
        Assert.Equal(1, rig.Queue.Change(QueueChange.Release, id));
        await QueueRig.UntilAsync(() => rig.Queue.Status().Messages == 0, "it is not released");
        Assert.Single(rig.Notices);
    }

    [Fact]
    public async Task Retry_tries_now_and_delete_removes_without_a_word()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later("nobody there", isUnreachable: true);
        Assert.Null(await rig.SendAsync("bob@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no first try");
        await rig.QuietAsync();
        Assert.Equal(1, rig.Queue.Change(QueueChange.Retry, null));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 2, "no try when asked for it");
        await rig.QuietAsync();
        Assert.Equal(0, rig.Queue.Change(QueueChange.Delete, "nosuchmessage"));
        Assert.Equal(1, rig.Queue.Change(QueueChange.Delete, rig.Mail().Id));
        Assert.Equal(0, rig.Queue.Status().Messages);
        Assert.Empty(Directory.EnumerateFiles(rig.Directory, "*", SearchOption.AllDirectories));
        Assert.Empty(rig.Notices);
    }

    [Theory]
    [InlineData("{ not json")]
    [InlineData("")]
    [InlineData("{\"format\":2,\"id\":\"ID\",\"from\":\"\",\"to\":[{\"address\":\"a@b\"}],\"arrived\":\"2026-11-24T00:00:00+00:00\",\"expires\":\"2026-11-24T00:00:00+00:00\",\"next\":\"2026-11-24T00:00:00+00:00\",\"size\":1}")]
    [InlineData("{\"format\":1,\"id\":\"other\",\"from\":\"\",\"to\":[{\"address\":\"a@b\"}],\"arrived\":\"2026-11-24T00:00:00+00:00\",\"expires\":\"2026-11-24T00:00:00+00:00\",\"next\":\"2026-11-24T00:00:00+00:00\",\"size\":1}")]
    [InlineData("{\"format\":1,\"id\":\"ID\",\"from\":\"\",\"to\":[{\"address\":\"a@b\\r\\nRCPT TO:<x@y>\"}],\"arrived\":\"2026-11-24T00:00:00+00:00\",\"expires\":\"2026-11-24T00:00:00+00:00\",\"next\":\"2026-11-24T00:00:00+00:00\",\"size\":1}")]
    [InlineData("{\"format\":1,\"id\":\"ID\",\"from\":\"\",\"to\":[],\"arrived\":\"2026-11-24T00:00:00+00:00\",\"expires\":\"2026-11-24T00:00:00+00:00\",\"next\":\"2026-11-24T00:00:00+00:00\",\"size\":1}")]
    public async Task A_file_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(string envelope)
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later();
        Assert.Null(await rig.SendAsync("one@elsewhere.example"));
        Assert.Null(await rig.SendAsync("two@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 2, "no first try");
        await rig.QuietAsync();
        var id = rig.Queue.Folder.List()[0];
        var text = await File.ReadAllTextAsync(rig.Queue.Folder.MessageOf(id));
        await File.WriteAllTextAsync(rig.Queue.Folder.EnvelopeOf(id), envelope.Replace("ID", id, StringComparison.Ordinal));
        await rig.RestartAsync();
        Assert.Equal((1, 2), (rig.Queue.Status().Messages, rig.Queue.Status().Aside));
        Assert.Equal(text, await File.ReadAllTextAsync(Path.Combine(rig.Queue.Folder.AsideDirectory, id + ".message")));
        Assert.Contains(rig.Road.Log.Lines, line => line.StartsWith($"529 {id}", StringComparison.Ordinal));
        rig.Transport.Tries.Clear();
        await rig.AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(1, rig.Transport.Count);
    }

    [Fact]
    public async Task A_message_whose_file_the_disk_cannot_give_now_is_sent_when_it_can()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = _ => FakeTransport.Later();
        Assert.Null(await rig.SendAsync("one@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no first try");
        await rig.QuietAsync();
        var id = Assert.Single(rig.Queue.Folder.List());
        var (envelope, kept) = (rig.Queue.Folder.EnvelopeOf(id), Path.Combine(rig.Directory, "kept"));
        File.Move(envelope, kept);
        File.CreateSymbolicLink(envelope, envelope); // ELOOP: an error that is no word about the message
        await rig.AdvanceAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(1, rig.Transport.Count);
        Assert.True(File.Exists(rig.Queue.Folder.MessageOf(id)));
        File.Move(kept, envelope, overwrite: true);
        rig.Transport.Answer = _ => new();
        await rig.AdvanceAsync(TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(1));
        Assert.Equal(2, rig.Transport.Count);
        Assert.Empty(rig.Queue.Folder.List());
    }

    [Fact]
    public async Task What_a_death_left_half_way_is_swept()
    {
        await using var rig = new QueueRig();
        Directory.CreateDirectory(Path.Combine(rig.Directory, "7"));
        await File.WriteAllTextAsync(Path.Combine(rig.Directory, "7", "abc7.message"), "never acknowledged");
        await File.WriteAllTextAsync(Path.Combine(rig.Directory, "7", "abc7.envelope.00.tmp"), "{");
        rig.Start();
        await rig.Queue.Loaded;
        Assert.Empty(Directory.EnumerateFiles(rig.Directory, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_transport_that_throws_or_answers_nonsense_loses_nothing()
    {
        await using var rig = new QueueRig().Start();
        rig.Transport.Answer = address => address.LocalPart == "throws" ? throw new InvalidOperationException("a bug") : SendResult.Sent;
        Assert.Null(await rig.SendAsync("throws@elsewhere.example"));
        await QueueRig.UntilAsync(() => rig.Transport.Count == 1, "no first try");
        await rig.QuietAsync();
        Assert.Equal("4.3.0", rig.Mail().To[0].Status);
        Assert.Contains(rig.Road.Log.Lines, line => line.StartsWith("531 ", StringComparison.Ordinal) && line.Contains("a bug", StringComparison.Ordinal));
    }
}
