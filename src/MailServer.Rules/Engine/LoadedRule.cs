using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace MailServer.Rules;

/// <summary>One version of a script, compiled and loaded in a context of its own, which goes when nothing refers to it any more.</summary>
/// <remarks>Nothing of the script's own types may leave <see cref="Run"/>: an exception that is kept would keep the context.</remarks>
internal sealed class LoadedRule
{
    private readonly AssemblyLoadContext _context;
    private readonly Assembly _assembly;
    private readonly Func<object?[], Task<object>> _factory;
    private long _runs;
    private long _failures;

    private LoadedRule(string file, string key, AssemblyLoadContext context, Assembly assembly, Func<object?[], Task<object>> factory) =>
        (File, Key, Version, _context, _assembly, _factory) = (file, key, RuleScript.VersionOf(key), context, assembly, factory);

    /// <summary>The script's file name.</summary>
    public string File { get; }

    public string Key { get; }

    /// <summary>Names its text, as steps say it.</summary>
    public string Version { get; }

    public long Runs => Volatile.Read(ref _runs);

    public long Failures => Volatile.Read(ref _failures);

    public string? LastFailure { get; private set; }

    /// <summary>Loads a compiled script; null when the files are missing or broken.</summary>
    public static LoadedRule? TryLoad(string file, string key, string dll)
    {
        try
        {
            return TryLoad(file, key, System.IO.File.ReadAllBytes(dll), System.IO.File.ReadAllBytes(Path.ChangeExtension(dll, ".pdb")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Loads a compiled script; null when it is broken.</summary>
    public static LoadedRule? TryLoad(string file, string key, byte[] dll, byte[] pdb)
    {
        var context = new AssemblyLoadContext($"rule {file} {key}", isCollectible: true);
        try
        {
            using var code = new MemoryStream(dll, writable: false);
            using var symbols = new MemoryStream(pdb, writable: false);
            var assembly = context.LoadFromStream(code, symbols);
            var factory = assembly.GetType(RuleScript.ClassName)?.GetMethod("<Factory>", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic);
            if (factory is not null)
                return new(file, key, context, assembly, factory.CreateDelegate<Func<object?[], Task<object>>>());
        }
        catch (Exception e) when (e is BadImageFormatException or ArgumentException or FileLoadException)
        {
        }

        context.Unload();
        return null;
    }

    /// <summary>Runs the script. Returns where and why it failed, or null.</summary>
    public RuleFailure? Run(RuleGlobals globals, int budget)
    {
        Interlocked.Increment(ref _runs);
        if (Execute(globals, budget) is not { } failure)
            return null;
        Interlocked.Increment(ref _failures);
        LastFailure = $"{File}({failure.Line}): {failure.Reason}";
        return failure;
    }

    /// <summary>Lets the context go once the messages that still use it are through. The reference tells when it is gone.</summary>
    public WeakReference Retire()
    {
        _context.Unload();
        return new(_context, trackResurrection: true);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RuleFailure? Execute(RuleGlobals globals, int budget)
    {
        StepBudget.Start(budget);
        Task<object> run;
#pragma warning disable CA1031 // A script may throw anything; the mail is kept whatever it is.
        try
        {
            run = _factory([globals, null]);
        }
        catch (Exception e)
        {
            return Describe(e);
        }
#pragma warning restore CA1031

        return run switch
        {
            { IsCompletedSuccessfully: true } => StepBudget.IsSpent ? new(0, new StepBudgetException().Message) : null,
            { IsFaulted: true } => run.Exception.InnerException is StopException ? null : Describe(run.Exception.InnerException!),
            { IsCanceled: true } => new(0, "the script was cancelled"),
            _ => new(0, "the script waits for something; a rule must answer at once"),
        };
    }

    private RuleFailure Describe(Exception e)
    {
        var line = 0;
        foreach (var frame in new StackTrace(e, fNeedFileInfo: true).GetFrames())
            if (frame.GetFileLineNumber() is > 0 and var number && frame.GetMethod()?.Module.Assembly == _assembly)
            {
                line = number;
                break;
            }

        var reason = e is StepBudgetException ? e.Message : $"{e.GetType().Name}: {e.Message}";
        return new(line, RuleFailure.OneLine(reason));
    }
}

/// <summary>Why a script failed, in plain words: no object of the script is kept.</summary>
/// <param name="Line">The script's line; 0 when it is not known.</param>
/// <param name="Reason">The exception's type and message.</param>
internal sealed record RuleFailure(int Line, string Reason)
{
    /// <summary>Texts of exceptions hold anything, also parts of the mail: one line, and bounded.</summary>
    public static string OneLine(string text)
    {
        var shown = text.Length > 300 ? string.Concat(text.AsSpan(0, 300), "…") : text;
        return string.Create(shown.Length, shown, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
    }
}
