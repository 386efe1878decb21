using System.Collections.Concurrent;
using System.Globalization;
using MailServer.Pipeline;
using Spectre.Console;

namespace MailServer.Server.Demo;

/// <summary>Gathers what became of each copy, from the pipeline.</summary>
internal sealed class DemoObserver : IDeliveryObserver
{
    private readonly ConcurrentQueue<DeliveryReport> _reports = new();

    public IReadOnlyList<DeliveryReport> Reports => [.. _reports];

    public void Delivered(DeliveryReport report) => _reports.Enqueue(report);
}

/// <summary>One copy of one message: what the server says it did, and what a client finds.</summary>
internal sealed record DemoLine
{
    public required DemoMail Mail { get; init; }

    public required string Account { get; init; }

    /// <summary>Null when the message was refused.</summary>
    public DeliveryReport? Report { get; init; }

    public string? Refusal { get; init; }

    /// <summary>Where a client finds it.</summary>
    public IReadOnlyList<ListedMessage> Found { get; init; } = [];

    /// <summary>Where it should be.</summary>
    public IEnumerable<string> Folders => Report is null ? [] : Report.Delivery.Folder is { } folder ? [folder.Value, .. Report.Delivery.Copies.Select(copy => copy.Value)] : Report.Delivery.Copies.Select(copy => copy.Value);

    /// <summary>Whether the message is in each folder it should be in, and in no other.</summary>
    public bool IsRight => Report is { Problem: null } && Folders.Order(StringComparer.Ordinal).SequenceEqual(Found.Select(found => found.Folder).Distinct().Order(StringComparer.Ordinal));
}

/// <summary>Prints what happened, in at most a hundred columns.</summary>
internal static class DemoReport
{
    private static readonly (string Name, int Width)[] Columns =
        [("from", 13), ("subject", 24), ("folder", 22), ("flags", 11), ("rule:line", 17), ("ms", 4)];

    public static void Print(IAnsiConsole screen, IReadOnlyList<DemoLine> lines)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var (name, width) in Columns)
            table.AddColumn(new TableColumn($"[bold]{name}[/]") { Width = width, NoWrap = true, Padding = new(0, 0, 0, 0), Alignment = name == "ms" ? Justify.Right : Justify.Left });
        foreach (var line in lines)
            table.AddRow(Cells(line).Select((cell, i) => new Text(Short(cell, Columns[i].Width), line.IsRight ? Style.Plain : new(Color.Red))));
        screen.Write(table);
        foreach (var line in lines.Where(line => !line.IsRight))
            screen.WriteLine($"{line.Mail.Name} for {line.Account}: {Complaint(line)}");
    }

    private static string[] Cells(DemoLine line)
    {
        var headers = MessageHeaders.Of(line.Mail.Message);
        var from = EncodedWords.Decode(MessageHeaders.Find(headers, "From") ?? "");
        var step = line.Report?.Deciding;
        return
        [
            from.IndexOf('<', StringComparison.Ordinal) is var open and > 0 ? from[..open].Trim().Trim('"') : from.Trim('<', '>'),
            EncodedWords.Decode(MessageHeaders.Find(headers, "Subject") ?? ""),
            $"{line.Account.Split('@')[0]}: {(line.Report is null ? "refused" : line.Folders.Any() ? string.Join(", ", line.Folders) : "discarded")}",
            string.Join(' ', line.Found.SelectMany(found => found.Flags.Split(' ')).Where(flag => flag.Length > 0 && flag != "\\Recent").Distinct()),
            step is null ? "" : step.Line > 0 ? $"{Path.GetFileNameWithoutExtension(step.Rule)}:{step.Line}" : step.Rule,
            line.Report is { } report ? report.Elapsed.TotalMilliseconds.ToString(report.Elapsed.TotalMilliseconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) : "",
        ];
    }

    private static string Complaint(DemoLine line) => line switch
    {
        { Refusal: { } refusal } => refusal,
        { Report: null } => "the server does not say what became of it",
        { Report.Problem: { } problem } => problem.Text,
        _ => $"should be in {Names(line.Folders)}, is in {Names(line.Found.Select(found => found.Folder))}",
    };

    private static string Names(IEnumerable<string> folders) => string.Join(", ", folders) is { Length: > 0 } names ? names : "no folder";

    // By cells as a terminal counts them: an East Asian character takes two.
    private static string Short(string text, int width)
    {
        if (new Text(text).Length <= width)
            return text;
        var end = Math.Min(text.Length, width);
        while (end > 0 && (new Text(text[..end]).Length > width - 1 || char.IsHighSurrogate(text[end - 1])))
            end--;
        return text[..end] + "…";
    }
}
