namespace Mesh.Bounds;

internal enum Unit
{
    Milliseconds,
    Frames,
    Runs,
}
