using MailServer.RuleHost;

// compile [--api VERSION] [--out DIR --identity ID] [--stay SECONDS] [--] FILE...   one line of JSON a file; 0 done, 2 wrong use
// With --stay it goes on with files named on standard input, until none has come for so long.
// (run, which executes users' scripts behind the kernel's locks, takes its place here.)
return args switch
{
    ["compile", .. var rest] => CompileCommand.Run(rest, Console.In, Console.Out, Console.Error),
    _ => CompileCommand.Fail(Console.Error, "use: MailServer.RuleHost compile [--out DIR --identity ID] FILE..."),
};
