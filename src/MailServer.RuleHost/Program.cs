using MailServer.RuleHost;

// compile [--users] [--api VERSION] [--out DIR | --beside] [--identity ID] [--stay SECONDS] [--] FILE...   one line of JSON a file; 0 done, 2 wrong use
// With --stay it goes on with files named on standard input, until none has come for so long.
// run --api VERSION [--user UID:GID] [--bubblewrap PATH]   a user's scripts behind the kernel's locks, by frames on standard input and output; for the server
return args switch
{
    ["compile", .. var rest] => CompileCommand.Run(rest, Console.In, Console.Out, Console.Error),
    ["run", .. var rest] => RunCommand.Run(rest, Console.Error),
    _ => CompileCommand.Fail(Console.Error, "use: MailServer.RuleHost compile [--users] [--out DIR | --beside] [--identity ID] FILE..."),
};
