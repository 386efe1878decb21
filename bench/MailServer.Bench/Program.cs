using BenchmarkDotNet.Running;

// One file a room; `dotnet run -c Release --project bench/MailServer.Bench -- --filter '*'`.
if (args is ["search", ..])
    await MailServer.Bench.SearchBench.RunAsync(args is [_, var messages] ? int.Parse(messages, System.Globalization.CultureInfo.InvariantCulture) : 10_000);
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
