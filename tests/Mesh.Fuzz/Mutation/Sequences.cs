namespace Mesh.Fuzz;

/// <summary>What clients do, to begin with.</summary>
internal static class Sequences
{
    public static readonly string[] All =
    [
        // A plain client.
        """
        {"id":1,"command":"mesh/join-room","payload":{"roomName":"lobby"}}
        {"id":2,"command":"mesh/subscribe-presence","payload":{"roomName":"lobby"}}
        {"id":3,"command":"mesh/publish-presence-state","payload":{"roomName":"lobby","state":{"x":1},"expireAfter":50}}
        !wait 100
        {"id":4,"command":"mesh/publish-presence-state","payload":{"roomName":"lobby","state":{"x":2},"silent":true}}
        {"id":5,"command":"mesh/clear-presence-state","payload":{"roomName":"lobby"}}
        {"id":6,"command":"mesh/get-presence-state","payload":{"roomName":"lobby"}}
        {"id":7,"command":"mesh/unsubscribe-presence","payload":{"roomName":"lobby"}}
        {"id":8,"command":"mesh/leave-room","payload":{"roomName":"lobby"}}
        """,
        // Its metadata.
        """
        {"id":1,"command":"mesh/set-my-connection-metadata","payload":{"metadata":{"a":{"b":1}}}}
        {"id":2,"command":"mesh/set-my-connection-metadata","payload":{"metadata":{"a":{"c":2}},"options":{"strategy":"deepMerge"}}}
        {"id":3,"command":"mesh/set-my-connection-metadata","payload":{"metadata":{"d":null},"options":{"strategy":"merge"}}}
        {"id":4,"command":"mesh/get-my-connection-metadata","payload":{}}
        {"id":5,"command":"mesh/get-connection-metadata","payload":{"connectionId":"$OTHER"}}
        {"id":6,"command":"mesh/get-room-metadata","payload":{"roomName":"private"}}
        {"id":7,"command":"mesh/set-my-connection-metadata","payload":{"metadata":null}}
        """,
        // A session, all that it can do in a room, and a resume.
        """
        {"id":1,"command":"mesh/session","payload":{"clientKey":"0123456789abcdef"}}
        {"id":2,"command":"mesh/enter","payload":{"rooms":[{"roomName":"lobby","publish":{"state":{"x":1}}},{"roomName":"game:1","publish":{"state":{"x":1},"expireAfter":1000}},{"roomName":"private"},{"roomName":"cellar"},{}]}}
        {"id":3,"command":"mesh/publish","payload":{"roomName":"lobby","state":{"x":2},"expireAfter":1000}}
        {"id":4,"command":"mesh/enter","payload":{"rooms":[{"roomName":"lobby","known":{"epoch":$EPOCH,"revision":$REVISION}}]}}
        {"id":5,"command":"mesh/restore","payload":{"roomName":"lobby","state":{"x":3},"stamp":[$EPOCH,$REVISION],"deadline":1924992000000}}
        {"id":6,"command":"mesh/publish","payload":{"roomName":"lobby","state":null}}
        !drop
        !open
        {"id":1,"command":"mesh/session","payload":{"resume":"$TOKEN"}}
        {"id":2,"command":"mesh/enter","payload":{"rooms":[{"roomName":"lobby","restore":{"state":{"x":1},"stamp":[$EPOCH,1]},"known":{"epoch":$EPOCH,"revision":$REVISION}}]}}
        !wait 300
        """,
        // Two who see each other, of one user.
        """
        !open anna
        {"id":1,"command":"mesh/session"}
        {"id":2,"command":"mesh/enter","payload":{"rooms":[{"roomName":"stage","publish":{"state":{"a":1}}}]}}
        !open anna
        {"id":1,"command":"mesh/session","payload":{"resume":"$TOKEN"}}
        {"id":2,"command":"mesh/subscribe-presence","payload":{"roomName":"stage","diffs":true,"known":{"epoch":$EPOCH,"revision":0}}}
        {"id":3,"command":"mesh/restore","payload":{"roomName":"stage","state":{"b":1},"stamp":[$EPOCH,1]}}
        !open anna
        !close 1001
        !wait 150
        """,
        // Who renews what the server knows of them, until it ends.
        """
        !open anna
        {"id":1,"command":"mesh/session"}
        {"id":2,"command":"mesh/enter","payload":{"rooms":[{"roomName":"stage","publish":{"state":{"a":1}}}]}}
        {"id":3,"command":"mesh/authenticate","payload":{"token":"briefly anna"}}
        {"id":4,"command":"mesh/authenticate","payload":{"token":"ben"}}
        {"id":5,"command":"mesh/authenticate","payload":{"token":"no token"}}
        {"id":6,"command":"mesh/authenticate","payload":{"token":"anna"}}
        !wait 400
        {"id":7,"command":"mesh/authenticate","payload":{"token":"briefly anna"}}
        !drop
        !open anna
        {"id":1,"command":"mesh/session","payload":{"resume":"$TOKEN"}}
        !wait 400
        """,
        // Who is revoked, here and within the grace.
        """
        !open anna
        {"id":1,"command":"mesh/session"}
        {"id":2,"command":"mesh/enter","payload":{"rooms":[{"roomName":"stage","publish":{"state":{"a":1}}}]}}
        !drop
        !open anna
        {"id":1,"command":"mesh/session"}
        !revoke anna
        !open anna
        {"id":1,"command":"mesh/session","payload":{"resume":"$TOKEN"}}
        {"id":2,"command":"mesh/authenticate","payload":{"token":"briefly anna"}}
        !revoke anna
        """,
        // The application's commands.
        """
        {"id":1,"command":"echo","payload":{"x":1}}
        {"id":2,"command":"move","payload":{"x":1,"y":2}}
        {"id":3,"command":"move","payload":{"y":2}}
        {"id":4,"command":"refuse","payload":"no"}
        {"id":5,"command":"shout","payload":[1]}
        {"id":6,"command":"who"}
        {"id":7,"command":"plunt"}
        {"id":8,"command":1}
        {"id":9,"command":"mesh/authenticate","payload":{"token":"x"}}
        {"id":10,"command":"mesh/noop"}
        """,
        // In parts, and signs of life.
        """
        !part {"id":1,
        !more "command":
        !end "echo"}
        !ping x
        {"command":"pong"}
        !wait 1000
        {"id":1,"command":"latency:response"}
        {"command":"echo"}
        [1]
        !close 1000
        """,
        // More than it may.
        string.Join('\n', Enumerable.Repeat("""{"id":1,"command":"mesh/noop"}""", 30)) + "\n!wait 500\n" + string.Join('\n', Enumerable.Repeat("""{"id":2,"command":"echo"}""", 15)),
        "!big 40000\n!wait 21000",
        "!big 70000\n{\"id\":1,\"command\":\"mesh/noop\"}",
        "!binary x\n{\"id\":1,\"command\":\"mesh/noop\"}",
        "{\"id\":1\n!open\n!raw \u0001\n!close 4000",
    ];
}
