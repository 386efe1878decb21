// Files' modes, signals and sockets are those of Unix.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]

// Regular expressions of rules that backtrack for ever must not hold up mail.
AppDomain.CurrentDomain.SetData("REGEX_DEFAULT_MATCH_TIMEOUT", TimeSpan.FromSeconds(1));
return await MailServer.Server.Commands.CommandTree.RunAsync(args).ConfigureAwait(false);
