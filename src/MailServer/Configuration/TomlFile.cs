using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace MailServer.Server.Configuration;

/// <summary>Turns a TOML text into tables that know their lines. Tomlyn reads the grammar; names that are set twice are found here, both places named.</summary>
internal sealed class TomlFile
{
    // Brackets within brackets: nobody writes four, and each costs stack.
    private const int MaxDepth = 16;

    private readonly ConfigErrors _errors;
    private readonly TomlTable _top = new("", 1) { IsDefined = true };

    private TomlFile(ConfigErrors errors) => _errors = errors;

    /// <summary>Reads a text. When the grammar is broken there is one error and an empty table: what follows a broken line makes no sense.</summary>
    public static TomlTable Read(string text, ConfigErrors errors)
    {
        var document = SyntaxParser.Parse(text, errors.File, validate: false);
        if (document.Diagnostics.Where(message => message.Kind == DiagnosticMessageKind.Error).MinBy(message => message.Span.Offset) is { } first)
        {
            errors.Add(first.Span.Start.Line + 1, "", first.Message.TrimEnd('.'));
            return new("", 1);
        }

        var file = new TomlFile(errors);
        file.AddAll(file._top, document.KeyValues);
        foreach (var table in document.Tables)
            if (file.Open(table) is { } target)
                file.AddAll(target, table.Items);
        return file._top;
    }

    private void AddAll(TomlTable table, IEnumerable<KeyValueSyntax> pairs)
    {
        foreach (var pair in pairs)
            Add(table, pair, 0);
    }

    private void Add(TomlTable table, KeyValueSyntax pair, int depth)
    {
        if (pair.Key is not { } keys || pair.Value is not { } value)
            return;
        var line = LineOf(pair);
        var names = NamesOf(keys);
        foreach (var name in names.SkipLast(1))
        {
            if (Descend(table, name, line) is not { } inner)
                return;
            table = inner;
        }

        var key = names[^1];
        if (table.Find(key) is { } earlier)
            _errors.Add(line, table.NameOf(key), $"set twice, first in line {earlier.Line}");
        else
            table.Add(new(key, line, ValueOf(value, table.NameOf(key), depth)));
    }

    /// <summary>The table that a header names; null when it cannot be.</summary>
    private TomlTable? Open(TableSyntaxBase header)
    {
        if (header.Name is not { } keys)
            return null;
        var line = LineOf(header);
        var names = NamesOf(keys);
        var table = _top;
        foreach (var name in names.SkipLast(1))
        {
            if (Descend(table, name, line) is not { } inner)
                return null;
            table = inner;
        }

        return header is TableArraySyntax ? OpenNext(table, names[^1], line) : OpenOnce(table, names[^1], line);
    }

    private TomlTable? OpenOnce(TomlTable parent, string name, int line)
    {
        if (Descend(parent, name, line) is not { } table)
            return null;
        if (table.IsDefined)
        {
            _errors.Add(line, table.Path, $"set twice, first in line {table.Line}");
            return null;
        }

        (table.IsDefined, table.Line) = (true, line);
        return table;
    }

    private TomlTable? OpenNext(TomlTable parent, string name, int line)
    {
        var entry = parent.Find(name);
        if (entry is null)
            parent.Add(entry = new(name, line, new TomlList(isOfTables: true)));
        if (entry.Value is not TomlList { IsOfTables: true } list)
        {
            _errors.Add(line, parent.NameOf(name), $"set twice, first in line {entry.Line}");
            return null;
        }

        var table = new TomlTable(parent.NameOf(name), line) { IsDefined = true };
        list.Items.Add(new(name, line, table));
        return table;
    }

    private TomlTable? Descend(TomlTable table, string name, int line)
    {
        if (table.Find(name) is not { } entry)
            table.Add(entry = new(name, line, new TomlTable(table.NameOf(name), line)));
        switch (entry.Value)
        {
            case TomlTable { IsInline: false } inner:
                return inner;
            case TomlList { IsOfTables: true, Items: [.., { Value: TomlTable last }] }:
                return last;
            default:
                _errors.Add(line, table.NameOf(name), $"set twice, first in line {entry.Line}");
                return null;
        }
    }

    private object? ValueOf(ValueSyntax value, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            _errors.Add(LineOf(value), path, $"more than {MaxDepth} brackets within each other");
            return null;
        }

        switch (value)
        {
            case StringValueSyntax text:
                return text.Value ?? "";
            case IntegerValueSyntax number:
                return number.Value;
            case BooleanValueSyntax flag:
                return flag.Value;
            case FloatValueSyntax fraction:
                return fraction.Value;
            case ArraySyntax array:
                var list = new TomlList(isOfTables: false);
                foreach (var item in array.Items)
                    if (item.Value is { } one)
                        list.Items.Add(new("", LineOf(item), ValueOf(one, path, depth + 1)));
                return list;
            case InlineTableSyntax braces:
                var table = new TomlTable(path, LineOf(braces)) { IsDefined = true, IsInline = true };
                foreach (var item in braces.Items)
                    if (item.KeyValue is { } pair)
                        Add(table, pair, depth + 1);
                return table;
            default:
                return null;
        }
    }

    private static string[] NamesOf(KeySyntax key) =>
        [NameOf(key.Key), .. key.DotKeys.Select(dotted => NameOf(dotted.Key))];

    private static string NameOf(BareKeyOrStringValueSyntax? key) => key switch
    {
        BareKeySyntax { Key.Text: { } text } => text,
        StringValueSyntax { Value: { } text } => text,
        _ => "",
    };

    private static int LineOf(SyntaxNode node) => node.Span.Start.Line + 1;
}
