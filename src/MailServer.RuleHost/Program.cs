using MailServer.RuleHost;

// compile [--users] [--out DIR] FILE...      one line of JSON a file; 0 done, 2 wrong use
// compile --api VERSION [--stay SECONDS]     the same for requests on standard input, until it ends or none has come for so long; for the server
// run --api VERSION [--user UID:GID] [--bubblewrap PATH]   a user's scripts behind the kernel's locks, by frames on standard input and output; for the server
return args switch
{
    ["compile", .. var rest] => CompileCommand.Run(rest, Console.In, Console.Out, Console.Error),
    ["run", .. var rest] => RunCommand.Run(rest, Console.Error),
    _ => CompileCommand.Fail(Console.Error, "use: MailServer.RuleHost compile [--users] [--out DIR] FILE..."),
};
