using MailServer.Rules;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.RuleHost;

/// <summary>A worker's life: it takes the scripts it is sent, and answers for each mail where it goes. It ends when the server closes the pipe.</summary>
internal sealed class WorkerLoop(Stream input, Stream output)
{
    private readonly FrameReader _reader = new(input, FrameReader.ToWorker);
    private readonly FrameWriter _writer = new();
    private RuleSet _rules = new([], 0, NullLogger.Instance);

    public void Run()
    {
        _writer.Begin(FrameKind.Ready).Send(output);
        while (_reader.Next())
            switch (_reader.Kind)
            {
                case FrameKind.Load:
                    Load();
                    break;
                case FrameKind.Decide:
                    Decide();
                    break;
                default:
                    throw new FrameException($"{_reader.Kind} was not asked for");
            }
    }

    private void Load()
    {
        var budget = (int)_reader.Number();
        List<LoadedRule> rules = [];
        foreach (var rule in _reader.List(frame => LoadedRule.TryLoad(frame.Text(), frame.Text(), frame.Octets(), frame.Octets())))
            if (rule is null)
            {
                _writer.Begin(FrameKind.Broken).Text("a script cannot be loaded").Send(output);
                return;
            }
            else
            {
                rules.Add(rule);
            }

        _rules = new([.. rules], budget, NullLogger.Instance);
        _writer.Begin(FrameKind.Loaded).Send(output);
    }

    private void Decide()
    {
        var sofar = DecisionFrame.ReadBefore(_reader);
        var source = new RemoteSource(Ask);
        var outcome = _rules.Run(new Mail(source), source, sofar);
        DecisionFrame.Write(_writer, outcome);
        _writer.Send(output);
    }

    private FrameReader Ask(MailQuestion question, string name)
    {
        _writer.Begin(FrameKind.Ask).Octet((byte)question).Text(name).Send(output);
        return _reader.Next() && _reader.Kind == FrameKind.Answer ? _reader : throw new FrameException("no answer");
    }
}
