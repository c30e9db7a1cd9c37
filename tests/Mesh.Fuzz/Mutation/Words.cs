using System.Reflection;

namespace Mesh.Fuzz;

/// <summary>The words of the protocol, and what is known to hurt readers of JSON.</summary>
internal static class Words
{
    /// <summary>All commands and events, and those of the application under test.</summary>
    public static readonly string[] Commands =
    [
        .. typeof(CommandNames).GetFields(BindingFlags.Public | BindingFlags.Static).Select(it => (string)it.GetRawConstantValue()!),
        .. App.Commands,
    ];

    public static readonly string[] Keys =
    [
        "id", "command", "payload", "roomName", "rooms", "state", "expireAfter", "silent", "publish", "restore", "known", "epoch", "revision", "stamp",
        "deadline", "resume", "clientKey", "token", "metadata", "options", "strategy", "connectionId", "diffs", "x", "y", "name", "__proto__", "constructor", "error", "code",
    ];

    public static readonly string[] Rooms = [App.Lobby, App.Private, App.Stage, "game:1", "game:2", "cellar", "", " ", "m:presence", "a:b{c}", "constructor"];

    /// <summary>Values as they stand in JSON.</summary>
    public static readonly string[] Values =
    [
        "null", "true", "false", "0", "-0", "1", "-1", "1.0", "1e400", "-1e-400", "2147483647", "2147483648", "9007199254740991", "9007199254740993",
        "9223372036854775807", "9223372036854775808", "253402300799999", "253402300800000", "0.5", "50", "1e3",
        "{}", "[]", "[[]]", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83c\\udf89\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"🎉\"", "\"é\"", "\"\\u2028\"",
        "{\"x\":1,\"y\":2}", "{\"x\":1,\"x\":2}", "{\"__proto__\":{\"x\":1}}", "{\"a\":{\"b\":{\"c\":null}}}", "\"merge\"", "\"deepMerge\"", "\"replace\"",
        "[$EPOCH,0]", "[$EPOCH,$REVISION]", "[$EPOCH,9007199254740991]", "[1,1]", "[-1,0]", "{\"epoch\":$EPOCH,\"revision\":$REVISION}", "{\"epoch\":$EPOCH,\"revision\":0}",
        "\"$TOKEN\"", "\"$ID\"", "\"$OTHER\"", "\"anna\"", "\"briefly anna\"", "\"briefly ben\"", "\"0123456789abcdef\"", "{\"error\":\"x\",\"code\":\"EX\"}",
    ];

    /// <summary>Text that is no JSON by itself.</summary>
    public static readonly string[] Pieces = ["{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud83d", "//", "/*", "\u00ef\u00bb\u00bf", " ", "\t", "\0", "tru", "NaN", "-", ".", "e", "\\u0069d", "comm\\u0061nd", "\\/"];

    public static readonly string[] Frames =
    [
        """{"id":1,"command":"mesh/noop","payload":{}}""",
        """{"id":"a\u0041","command":"mesh\/noop"}""",
        """{"command":"pong","payload":{}}""",
        """ { "payload" : "\ud83c\udf89" , "v":{"id":2}, "command" : "latency:response" } """,
        """{"id":[1.0,-0,1e400],"command":"mesh/enter","payload":{"rooms":[{"roomName":"lobby"}]}}""",
        """{"id":null,"c\u006fmmand":true}""",
        """{"id":1,"id":2,"command":"echo"}""",
        """{"id":1,"a":1,"a":2,"command":"echo"}""",
        """{"id":1,"command":"\ud800"}""",
        """{"id":1,"command":"echo","payload":{"error":"x","code":"EX","name":"CommandError"}}""",
        """{"id":1,"command":"echo","payload":{"e\u0072ror":[1],"code":"EX","error":"\"","x":{}}}""",
        "[{\"id\":1}]",
        "null",
        "{}",
        "",
        "nul",
    ];

    /// <summary>What stands before a line of a sequence, with what may follow.</summary>
    public static readonly string[] Steps =
    [
        "!open", "!open anna", "!open ben", "!revoke anna", "!close 1000", "!close 1001", "!close 4000", "!close 0", "!drop", "!binary x", "!part {\"id\":1,", "!more \"command\":", "!end \"echo\"}",
        "!wait 50", "!wait 300", "!wait 1000", "!wait 11000", "!big 70000", "!big 20000", "!big 65000", "!ping x", "!raw \u0001",
    ];
}
