import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { MeshClient, Status } from "../client.js";
import { ServerSocket } from "./server-socket.js";

/** @type {MeshClient} */
let client;

beforeEach(() => {
  ServerSocket.reset();
  client = new MeshClient("ws://x", { WebSocket: ServerSocket, random: () => 0, maxReconnectAttempts: 2 });
});

afterEach(() => client.close());

test("the resume token is not given to who listens to all messages", async () => {
  /** @type {string[]} */
  const heard = [];
  client.on("message", (frame) => void heard.push(JSON.stringify(frame)));
  await client.connect();
  await client.command("echo");
  assert.equal(heard.length, 1);
  assert.ok(!heard.some((text) => text.includes("secret")));
});

test("a timeout is a time that a timer can wait, or none", async () => {
  await client.connect();
  for (const timeout of [0, -1, NaN, 2 ** 31]) await assert.rejects(client.command("echo", {}, timeout), RangeError);
  assert.equal(await client.command("echo", {}, Infinity), true);
  assert.equal(await client.command("echo", {}, 2 ** 31 - 1), true);
});

test("a command without a timeout rejects when the connection ends", async () => {
  await client.connect();
  ServerSocket.answer = () => undefined;
  const waiting = client.command("slow", {}, Infinity);
  await new Promise(setImmediate);
  ServerSocket.all[0].close();
  await assert.rejects(waiting, { code: "ECLOSED" });
});

test("a state that the application refuses is not published, as a plain server has it", async () => {
  await client.connect();
  ServerSocket.answer = () => ({ error: "be polite", code: "EREFUSED", name: "CommandError" });
  assert.equal(await client.publishPresenceState("r", { state: "rude" }), false);
});

test("when the authentication is over the client does not come back by itself, but when it is told to", async () => {
  /** @type {any[]} */
  const told = [];
  for (const event of ["close", "disconnect", "reconnect", "reconnectfailed", "error"])
    client.on(event, (/** @type {any} */ detail) => void told.push([event, detail?.code]));
  ServerSocket.session = ({ resume }) => ({ userId: "alice", token: "of alice", resumed: resume !== undefined });
  await client.connect();
  ServerSocket.all[0].close(4101);
  await new Promise(setImmediate);
  assert.equal(client.status, Status.OFFLINE);
  assert.deepEqual(told, [
    ["close", 4101],
    ["disconnect", undefined],
  ]);
  await assert.rejects(client.command("echo"), { code: "ECLOSED" });
  await client.connect();
  assert.equal(client.status, Status.ONLINE);
  // The session was over with it.
  assert.equal(ServerSocket.all[1].received[0].payload.resume, undefined);
});

test("a network that comes and goes uses up no attempt", async (t) => {
  const page = new EventTarget();
  Object.assign(globalThis, { window: page, document: new EventTarget() });
  t.after(() => {
    Reflect.deleteProperty(globalThis, "window");
    Reflect.deleteProperty(globalThis, "document");
  });
  ServerSocket.reachable = false;
  /** @type {unknown[]} */
  const failed = [];
  client.on("reconnectfailed", () => void failed.push(true));
  const connected = client.connect();
  for (let i = 0; i < 10; i++) page.dispatchEvent(new Event("online"));
  assert.equal(ServerSocket.all.length, 11);
  // Between attempts too: one that fails at once, and the network is back before the next.
  for (let i = 0; i < 10; i++) {
    ServerSocket.all[ServerSocket.all.length - 1].close();
    await new Promise(setImmediate);
    page.dispatchEvent(new Event("online"));
  }
  assert.deepEqual(failed, []);
  ServerSocket.reachable = true;
  page.dispatchEvent(new Event("online"));
  await connected;
  assert.equal(client.status, Status.ONLINE);
});
