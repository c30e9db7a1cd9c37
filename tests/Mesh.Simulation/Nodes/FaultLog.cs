using Microsoft.Extensions.Logging;

namespace Mesh.Simulation;

/// <summary>A node's or client's log. Nobody reads it but for one thing: what the product says is its own fault is one.</summary>
internal sealed class FaultLog(string machine, Action<string> found, Action<string>? note) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error || note is not null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error && exception is not (null or OperationCanceledException or MeshException))
            found($"{machine} logs: {formatter(state, exception)} {exception}");
        note?.Invoke($"{machine}: {formatter(state, exception)} {exception?.Message}");
    }

    public void Dispose()
    {
    }
}
