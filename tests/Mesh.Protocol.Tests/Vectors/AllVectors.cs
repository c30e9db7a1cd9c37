namespace Mesh.Protocol.Tests.Vectors;

public class AllVectors
{
    [Fact]
    public void Every_file_is_here_and_has_a_runner()
    {
        var files = Directory.GetFiles(VectorFile.Folder).Select(Path.GetFileName);
        string[] run =
        [
            FrameVectors.FileName, RoomNameVectors.FileName, ErrorVectors.FileName, RosterApplyVectors.FileName,
            RosterCompareVectors.FileName, DiffMergeVectors.FileName, ReplicaVectors.FileName, UserViewVectors.FileName,
        ];
        files.ShouldBe(run, ignoreOrder: true);
    }
}
