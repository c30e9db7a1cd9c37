using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mesh.Client.Tests;

/// <summary>Keeps what was logged as a warning or worse, and counts renewals.</summary>
internal sealed class RecordedLogs : ILoggerProvider, ILogger, ILoggerFactory
{
    private const int Renewed = 17;

    private readonly ConcurrentQueue<string> _all = [];
    private readonly ConcurrentQueue<string> _atAnyLevel = [];
    private int _renewals;

    public IReadOnlyList<string> All => [.. _all];

    /// <summary>What was logged at whatever level.</summary>
    public IReadOnlyList<string> AtAnyLevel => [.. _atAnyLevel];

    /// <summary>How many times a second WebSocket took the place of a first one.</summary>
    public int Renewals => Volatile.Read(ref _renewals);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == Renewed) Interlocked.Increment(ref _renewals);
        var line = $"{logLevel}: {formatter(state, exception)} {exception}";
        _atAnyLevel.Enqueue(line);
        if (logLevel >= LogLevel.Warning) _all.Enqueue(line);
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
