namespace MailServer.Interop.Tests;

/// <summary>swaks and curl send; the files on disk say what came.</summary>
public sealed class SmtpClientTests : IClassFixture<RunningServer>
{
    private readonly ServerProcess _server;

    public SmtpClientTests(RunningServer running) => _server = running.Server;

    [InteropFact]
    public async Task Swaks_delivers_to_a_Maildir()
    {
        var before = _server.Messages("alice").Length;
        var result = await SwaksAsync("mx", "--to", "alice@example.org", "--header", "Subject: from swaks", "--body", "hello\n.\n..two dots\nend");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("250 2.0.0", result.Output, StringComparison.Ordinal);

        var files = _server.Messages("alice");
        Assert.Equal(before + 1, files.Length);
        var text = await File.ReadAllTextAsync(files.MaxBy(File.GetCreationTimeUtc)!);
        Assert.StartsWith("Return-Path: <sender@example.net>\nReceived: from ", text, StringComparison.Ordinal);
        Assert.Contains("\nhello\n.\n..two dots\nend\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files[0]));
    }

    [InteropFact]
    public async Task Swaks_delivers_over_STARTTLS()
    {
        var result = await SwaksAsync("mx", "--to", "bob@example.org", "-tls");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("with ESMTPS", await File.ReadAllTextAsync(_server.Messages("bob").MaxBy(File.GetCreationTimeUtc)!), StringComparison.Ordinal);
    }

    [InteropFact]
    public async Task Swaks_delivers_by_LMTP_with_an_answer_for_each()
    {
        var result = await SwaksAsync("lmtp", "--protocol", "LMTP", "--to", "alice@example.org,nobody@example.org,bob@example.org", "--header", "Subject: by LMTP");
        Assert.Contains("550 5.1.1", result.Output, StringComparison.Ordinal);
        Assert.Equal(2, result.Output.Split('\n').Count(line => line.Contains("250 2.0.0 Ok: ", StringComparison.Ordinal)));
        foreach (var account in new[] { "alice", "bob" })
            Assert.Contains(_server.Messages(account), file => File.ReadAllText(file) is var text && text.Contains("Subject: by LMTP", StringComparison.Ordinal) && text.Contains(" with LMTP", StringComparison.Ordinal));
    }

    [InteropFact]
    public async Task An_unknown_recipient_is_refused_and_nothing_is_relayed()
    {
        var unknown = await SwaksAsync("mx", "--to", "nobody@example.org");
        Assert.Contains("550 5.1.1", unknown.Output, StringComparison.Ordinal);
        Assert.Equal(24, unknown.ExitCode);
        var elsewhere = await SwaksAsync("mx", "--to", "someone@elsewhere.example");
        Assert.Contains("<** 5", elsewhere.Output, StringComparison.Ordinal);
        Assert.Equal(24, elsewhere.ExitCode);
    }

    [InteropFact]
    public async Task Submission_takes_no_password_before_TLS()
    {
        var result = await SwaksAsync("submission", "--from", "alice@example.org", "--to", "bob@example.org", "--auth", "PLAIN",
            "--auth-user", "alice@example.org", "--auth-password", ServerProcess.Password);
        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain(" AUTH ", result.Output, StringComparison.Ordinal);
    }

    [InteropFact]
    public async Task Submission_takes_mail_with_AUTH_over_TLS()
    {
        foreach (var (listener, tls, mechanism) in new[] { ("submission", "-tls", "PLAIN"), ("submissions", "-tlsc", "LOGIN") })
        {
            var result = await SwaksAsync(listener, "--from", "alice@example.org", "--to", "bob@example.org", tls, "--auth", mechanism,
                "--auth-user", "alice@example.org", "--auth-password", ServerProcess.Password);
            Assert.True(result.ExitCode == 0, result.ToString());
        }

        var forged = await SwaksAsync("submission", "--from", "bob@example.org", "--to", "bob@example.org", "-tls", "--auth", "PLAIN",
            "--auth-user", "alice@example.org", "--auth-password", ServerProcess.Password);
        Assert.Contains("5.7.1", forged.Output, StringComparison.Ordinal);
        var wrong = await SwaksAsync("submission", "--from", "alice@example.org", "--to", "bob@example.org", "-tls", "--auth", "PLAIN",
            "--auth-user", "alice@example.org", "--auth-password", "wrong");
        Assert.Contains("535 5.7.8", wrong.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(ServerProcess.Password, _server.LogText, StringComparison.Ordinal);
    }

    [InteropFact]
    public async Task Curl_sends_over_submission()
    {
        var mail = _server.File("curl.eml");
        await File.WriteAllTextAsync(mail, "From: alice@example.org\r\nTo: bob@example.org\r\nSubject: by curl\r\n\r\nsent by curl\r\n");
        var result = await Tool.RunAsync("curl", "-sS", "--cacert", _server.Certificate, "--ssl-reqd", _server.Url("smtp", "submission"),
            "--mail-from", "alice@example.org", "--mail-rcpt", "bob@example.org", "-u", $"alice@example.org:{ServerProcess.Password}", "-T", mail);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains(_server.Messages("bob"), file => File.ReadAllText(file).Contains("\n\nsent by curl\n", StringComparison.Ordinal));
    }

    [InteropFact]
    public async Task A_rule_saved_while_mail_flows_sorts_the_next_mail()
    {
        await File.WriteAllTextAsync(Path.Combine(_server.Rules, "10-swaks.csx"),
            "if (Mail.Subject.Has(\"to the folder\"))\n{\n    FileInto(\"Sorted\");\n    AddFlag(Seen);\n}\n");
        for (var i = 0; i < 100 && _server.Messages("bob", ".Sorted").Length == 0; i++)
        {
            var result = await SwaksAsync("mx", "--to", "bob@example.org", "--header", "Subject: to the folder");
            Assert.True(result.ExitCode == 0, result.ToString());
            await Task.Delay(100);
        }

        Assert.EndsWith(":2,S", Assert.Single(_server.Messages("bob", ".Sorted")), StringComparison.Ordinal);
    }

    private Task<ToolResult> SwaksAsync(string listener, params string[] arguments) =>
        Tool.RunAsync("swaks", ["--server", "127.0.0.1", "--port", _server.Port(listener).ToString(System.Globalization.CultureInfo.InvariantCulture),
            "--helo", "client.example.net", .. arguments.Contains("--from") ? Array.Empty<string>() : ["--from", "sender@example.net"], .. arguments]);
}
