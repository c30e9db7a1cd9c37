using System.IO.MemoryMappedFiles;

namespace Mesh.Fuzz;

/// <summary>The input being run, in a file that outlives the process. Written without a system call, since there are many.</summary>
internal sealed class CurrentInput : IDisposable
{
    private const int MostBytes = 1 << 20;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public CurrentInput(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, MostBytes + sizeof(int));
        _view = _file.CreateViewAccessor();
    }

    public void Set(byte[] input)
    {
        var length = Math.Min(input.Length, MostBytes);
        _view.Write(0, length);
        _view.WriteArray(sizeof(int), input, 0, length);
    }

    public static byte[] Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes.Length < sizeof(int) ? [] : bytes.AsSpan(sizeof(int), BitConverter.ToInt32(bytes)).ToArray();
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
