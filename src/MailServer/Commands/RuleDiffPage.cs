using System.Globalization;
using System.Net;
using System.Text;
using MailServer.Pipeline;

namespace MailServer.Server.Commands;

/// <summary>What a diff was of.</summary>
internal sealed record RuleDiffTitle(string Of, string Old, string New, TimeSpan Took);

/// <summary>Writes a diff of rules as one page that needs nothing beside it: no script, no picture, no font from elsewhere.</summary>
internal static class RuleDiffPage
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7e; --line: #dde3ea; --page: #f6f8fa; --card: #fff; --old: #b3503c; --new: #1f7a52; --bar: #3b6fb6; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #98a5b5; --line: #313a46; --page: #14181e; --card: #1c222a; --old: #e08b77; --new: #6fc79c; --bar: #6f9fe0; } }
        * { box-sizing: border-box }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
        main { max-width: 62rem; margin: 0 auto; padding: 2rem 1rem 4rem }
        h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem } p { margin: .25rem 0; color: var(--soft) }
        .bar { display: flex; height: .6rem; border-radius: .3rem; overflow: hidden; background: var(--line); margin: 1rem 0 .25rem } .bar i { background: var(--bar) }
        table { width: 100%; border-collapse: collapse } th { text-align: left; white-space: nowrap; color: var(--soft); font-weight: 500 }
        th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere } td.n { width: 7rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
        section, details { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin: .5rem 0 }
        summary { cursor: pointer; overflow-wrap: anywhere } .old { color: var(--old) } .new { color: var(--new) } code { font: 13px/1.4 ui-monospace, monospace; color: var(--soft) }
        """;

    /// <summary>The report in one sentence.</summary>
    public static string Summary(RuleDiffReport report, RuleDiffTitle title)
    {
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{title.Of}: {StoreText.Count(report.Messages, "message")}, {report.Unchanged:N0} unchanged, {report.Changed:N0} changed, in {title.Took.TotalSeconds:F1} s");
        if (report.WithoutFacts > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"; of {report.WithoutFacts:N0} the journal does not know how they came, so their junk score counts as 0");
        if (report.Unreadable > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"; {report.Unreadable:N0} could not be read");
        return text;
    }

    /// <summary>The page.</summary>
    public static string Write(RuleDiffReport report, RuleDiffTitle title)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        page.Append("<title>Rules compared</title><style>").Append(Style).Append("</style></head><body><main>");
        page.Append("<h1>").Append(Count(report.Changed)).Append(" of ").Append(Count(report.Messages)).Append(report.Messages == 1 ? " message goes another way</h1>" : " messages go another way</h1>");
        page.Append("<p>").Append(Text(Summary(report, title))).Append("</p><p>From <span class=\"old\">").Append(Text(title.Old)).Append("</span> to <span class=\"new\">").Append(Text(title.New)).Append("</span></p>");
        var part = report.Messages == 0 ? 0 : 100.0 * report.Changed / report.Messages;
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"bar\" title=\"{part:F1} % changed\"><i style=\"width:{part:F2}%\"></i></div>");
        AppendFailures(page, report);
        AppendGroups(page, report);
        return page.Append("</main></body></html>\n").ToString();
    }

    private static void AppendFailures(StringBuilder page, RuleDiffReport report)
    {
        if (report.Failures.Count == 0)
            return;
        page.Append("<h2>Scripts that failed</h2><section><table><tr><th>messages<th>version<th>line<th>why</tr>");
        foreach (var failure in report.Failures)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{Count(failure.Count)}<td class=\"{failure.Version}\">{failure.Version}<td><code>{Text(failure.Rule)}:{failure.Line}</code><td>{Text(failure.Reason)}</tr>");
        page.Append("</table></section>");
    }

    private static void AppendGroups(StringBuilder page, RuleDiffReport report)
    {
        if (report.Groups.Count == 0)
            return;
        page.Append("<h2>From where to where</h2><section><table><tr><th>messages<th>old rules<th>new rules</tr>");
        foreach (var group in report.Groups)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{Count(group.Count)}<td class=\"old\">{Text(group.From)}<td class=\"new\">{Text(group.To)}</tr>");
        page.Append("</table></section><h2>Messages</h2>");
        foreach (var group in report.Groups)
        {
            page.Append(CultureInfo.InvariantCulture, $"<details{(report.Groups.Count <= 3 ? " open" : "")}><summary>{Count(group.Count)}: <span class=\"old\">{Text(group.From)}</span> → <span class=\"new\">{Text(group.To)}</span></summary><table>");
            foreach (var example in group.Examples)
                page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{example.Date:yyyy-MM-dd}<td>{Text(example.Sender)}<br><b>{Text(example.Subject)}</b><br><code>{Step(example.OldStep)} → {Step(example.NewStep)}</code></tr>");
            page.Append("</table>");
            if (group.Count > group.Examples.Count)
                page.Append(CultureInfo.InvariantCulture, $"<p>and {Count(group.Count - group.Examples.Count)} more</p>");
            page.Append("</details>");
        }
    }

    private static string Step(string step) => step.Length == 0 ? "no rule" : Text(step);

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
