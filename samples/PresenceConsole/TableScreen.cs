using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Spectre.Console;

namespace PresenceConsole;

/// <summary>A table in a terminal that is drawn again whenever something changes, with a line to type in below it.</summary>
internal sealed class TableScreen : IScreen
{
    private readonly Lock _gate = new();
    private readonly Arguments _arguments;
    private readonly Prompt _prompt = new();

    // Full: it will be drawn again anyway.
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateBounded<ConsoleKeyInfo>(64);
    private readonly PosixSignalRegistration? _resized;
    private readonly Task _drawing;
    private Picture _picture = Picture.Empty;
    private (int Width, int Height) _size = (AnsiConsole.Profile.Width, AnsiConsole.Profile.Height);

    public TableScreen(Arguments arguments)
    {
        _arguments = arguments;
        if (!OperatingSystem.IsWindows()) _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Changed());
        _drawing = AnsiConsole.Live(Draw()).AutoClear(true).StartAsync(DrawAsync);
    }

    public void Show(Picture picture)
    {
        lock (_gate) _picture = picture;
        Changed();
    }

    public async IAsyncEnumerable<string> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Reading a key can't be interrupted: the thread ends with the program.
        new Thread(ReadKeys) { IsBackground = true }.Start();
        await foreach (var key in _keys.Reader.ReadAllAsync(cancellationToken))
        {
            string? line;
            lock (_gate) line = _prompt.Type(key);
            Changed();
            if (line is not null) yield return line;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _resized?.Dispose();
        _changes.Writer.TryComplete();
        await _drawing;
    }

    private void ReadKeys()
    {
        while (_keys.Writer.TryWrite(Console.ReadKey(intercept: true)) || !_keys.Reader.Completion.IsCompleted)
        {
            // What is typed faster than it can be shown is lost.
        }
    }

    private void Changed() => _changes.Writer.TryWrite(true);

    private async Task DrawAsync(LiveDisplayContext context)
    {
        await foreach (var _ in _changes.Reader.ReadAllAsync())
        {
            var size = (AnsiConsole.Profile.Width, AnsiConsole.Profile.Height);
            // What was drawn for another size may be anywhere.
            if (size != _size) AnsiConsole.Clear();
            _size = size;
            context.UpdateTarget(Draw());
        }
    }

    private Spectre.Console.Rendering.IRenderable Draw()
    {
        lock (_gate) return Drawing.Of(_picture, _arguments, _prompt.Text, _size.Width, _size.Height);
    }
}
