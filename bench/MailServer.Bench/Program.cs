using BenchmarkDotNet.Running;

// One file a room; `dotnet run -c Release --project bench/MailServer.Bench -- --filter '*'`.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
