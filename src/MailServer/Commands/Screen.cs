using Spectre.Console;

namespace MailServer.Server.Commands;

/// <summary>Where commands print for people.</summary>
internal static class Screen
{
    // Two windows side by side on a laptop; longer lines are hard to read.
    private const int MaxWidth = 100;

    /// <summary>A console of at most a hundred columns; plain text when it is no terminal.</summary>
    public static IAnsiConsole Create(TextWriter? output = null)
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output ?? Console.Out) });
        console.Profile.Width = Console.IsOutputRedirected || output is not null ? MaxWidth : Math.Min(console.Profile.Width, MaxWidth);
        return console;
    }

    /// <summary>A table without a frame, which copies well and leaves room for what is in it.</summary>
    public static Table Table(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
            table.AddColumn(new TableColumn($"[bold]{column}[/]") { Padding = new(0, 0, 2, 0) });
        return table;
    }

    /// <summary>A row of texts; nothing in them is markup.</summary>
    public static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(cell => (Spectre.Console.Rendering.IRenderable)new Text(cell)));
}
