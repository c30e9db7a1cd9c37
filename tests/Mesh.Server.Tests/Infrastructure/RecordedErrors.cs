using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mesh.Server.Tests;

/// <summary>Keeps what the server logs as an error: a test that expects none has none.</summary>
internal sealed class RecordedErrors : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _errors = [];
    private volatile bool _isOver;

    public IReadOnlyCollection<string> All => _errors;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error && !_isOver;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _errors.Enqueue($"{formatter(state, exception)} {exception}");
    }

    public void Clear() => _errors.Clear();

    /// <summary>Errors are to be expected, those that are still to come too: what a test did last goes on beyond it.</summary>
    public void Forgive()
    {
        _isOver = true;
        Clear();
    }

    public void Dispose()
    {
    }
}
