using System.Globalization;
using BenchmarkDotNet.Running;

// One file a room; `dotnet run -c Release --project bench/MailServer.Bench -- --filter '*'`.
if (args is ["search", ..])
    await MailServer.Bench.SearchBench.RunAsync(args is [_, var messages] ? int.Parse(messages, CultureInfo.InvariantCulture) : 10_000);
else if (args is ["rules"])
    await MailServer.Bench.RuleBench.MeasureAsync();
else if (args is ["delivery", var writers, var count, var directory])
    await MailServer.Bench.DeliveryBench.RunAsync(int.Parse(writers, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture), directory);
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
