using System.Globalization;

namespace MailServer.Server.Configuration;

/// <summary>Reads keys of one table and goes on after an error, so that all errors are found. What could not be read is the default, or nothing.</summary>
internal sealed class KeyReader(TomlSection section, ConfigErrors errors)
{
    public bool Has(ConfigKey key) => section.Has(key.Name);

    public int LineOf(ConfigKey key) => section.LineOf(key.Name);

    public string Text(ConfigKey key) => Try(() => section.GetString(key.Name, key.Default), key.Default ?? "");

    /// <summary>A text, or null when it is missing or wrong, which is told of already.</summary>
    public string? TextOrNull(ConfigKey key) => Try(() => (string?)section.GetString(key.Name), null);

    /// <summary>One of a few words.</summary>
    public T Choice<T>(ConfigKey key, params (string Word, T Value)[] choices)
    {
        var text = Text(key);
        foreach (var (word, value) in choices)
            if (word == text)
                return value;
        if (text.Length > 0 || Has(key))
            Refuse(key, $"\"{text}\": one of {string.Join(", ", choices.Select(choice => $"\"{choice.Word}\""))} is expected");
        return choices[0].Value;
    }

    public bool Flag(ConfigKey key) => Try(() => section.GetBoolean(key.Name, key.Default == "true"), key.Default == "true");

    public TimeSpan Time(ConfigKey key, TimeSpan min, TimeSpan max)
    {
        var fallback = Units.TryReadTime(key.Default ?? "", out var time) ? time : TimeSpan.Zero;
        var value = Try(() => section.GetDuration(key.Name, fallback), fallback);
        if (value >= min && value <= max)
            return value;
        Refuse(key, $"{Units.Write(min)} to {Units.Write(max)} is expected");
        return fallback;
    }

    public long Size(ConfigKey key, long min)
    {
        var fallback = Units.TryReadSize(key.Default ?? "", out var size) ? size : 0;
        var value = Try(() => section.GetSize(key.Name, fallback), fallback);
        if (value >= min)
            return value;
        Refuse(key, $"{min} bytes or more are expected");
        return fallback;
    }

    public int Number(ConfigKey key, int min, int max)
    {
        var fallback = int.TryParse(key.Default, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var value = Try(() => section.GetInt64(key.Name, fallback), fallback);
        if (value >= min && value <= max)
            return (int)value;
        Refuse(key, $"{min} to {max} is expected");
        return fallback;
    }

    public IReadOnlyList<string> Texts(ConfigKey key) => Try(() => section.GetStrings(key.Name), []);

    /// <summary>An absolute path; empty when it is wrong or left out.</summary>
    public string Path(ConfigKey key) => key.Default == "" && !Has(key) ? "" : Try(() => section.GetPath(key.Name), "");

    /// <summary>The path of a file that must be there.</summary>
    public string File(ConfigKey key)
    {
        var path = Path(key);
        if (path.Length > 0 && !System.IO.File.Exists(path))
            Refuse(key, Directory.Exists(path) ? $"{path} is a folder" : $"{path}: no such file");
        return path;
    }

    public void Refuse(ConfigKey key, string reason) => errors.Add(section.Invalid(key.Name, reason));

    public T Try<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (ConfigException e)
        {
            errors.Add(e);
            return otherwise;
        }
    }
}
