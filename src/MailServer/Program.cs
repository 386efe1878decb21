// Files' modes, signals and sockets are those of Unix.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]

return await MailServer.Server.Commands.CommandTree.RunAsync(args).ConfigureAwait(false);
