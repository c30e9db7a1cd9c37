using Microsoft.Extensions.Logging;

namespace Mesh.Fuzz;

/// <summary>The server's log. Nothing that a client does may stand in it as an error.</summary>
internal sealed class ErrorLog : ILoggerFactory, ILogger
{
    /// <summary>The first error since it was cleared.</summary>
    public string? First { get; private set; }

    public void Clear() => First = null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) First ??= $"{formatter(state, exception)} {exception}";
    }

    public void Dispose()
    {
    }
}
