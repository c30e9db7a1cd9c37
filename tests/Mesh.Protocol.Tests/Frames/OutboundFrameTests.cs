using System.Text;

namespace Mesh.Protocol.Tests.Frames;

/// <summary>Protocol §3: frames as a server writes them.</summary>
public class OutboundFrameTests
{
    [Fact]
    public void A_response_echoes_the_id_verbatim() =>
        Text(OutboundFrame.Response(RawJson.FromText("1.0"), "echo", RawJson.FromText("{\"x\":1e2}")))
            .ShouldBe("""{"id":1.0,"command":"echo","payload":{"x":1e2}}""");

    [Fact]
    public void An_absent_payload_is_left_out_and_null_is_not()
    {
        Text(OutboundFrame.Event("a", default)).ShouldBe("""{"command":"a"}""");
        Text(OutboundFrame.Event("a", RawJson.Null)).ShouldBe("""{"command":"a","payload":null}""");
    }

    [Fact]
    public void A_diff_is_written_as_the_protocol_shows_it()
    {
        var diff = new RosterDiff
        {
            RoomName = "general",
            Epoch = 1,
            From = 4,
            To = 6,
            Updated = [new() { Number = 7, State = RawJson.Null, Stamp = new(1, 5) }, new() { Number = 9, Metadata = RawJson.FromText("{}") }],
            Left = [3, 4],
        };
        Text(OutboundFrame.Event(CommandNames.PresenceDiff, diff, ProtocolJson.Default.RosterDiff)).ShouldBe(
            """{"command":"mesh/presence-diff","payload":{"roomName":"general","epoch":1,"from":4,"to":6,"updated":[{"number":7,"state":null,"stamp":[1,5]},{"number":9,"metadata":{}}],"left":[3,4]}}""");
    }

    [Fact]
    public void An_error_is_read_as_it_was_written()
    {
        var error = new MeshException("EAUTH", "no \"entry\" 🎉") { Name = "AuthError" };
        var read = ErrorPayload.Read(OutboundFrame.ErrorPayload(error)).ShouldNotBeNull();
        (read.Code, read.Message, read.Name).ShouldBe((error.Code, error.Message, error.Name));
    }

    private static string Text(byte[] frame) => Encoding.UTF8.GetString(frame);
}
