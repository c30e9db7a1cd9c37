import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { MeshClient, Status } from "../client.js";
import { createPresence } from "../client-utils.js";
import { ServerSocket } from "./server-socket.js";

/** @type {MeshClient} */
let client;
/** What the application is told. @type {any[]} */
let told;
/** The answer of each session, in the order of the connections. @type {(object | undefined)[]} */
let sessions;

const first = { token: "one", userId: "alice" };
const resumed = { token: "two", userId: "alice", resumed: true };

beforeEach(async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  ServerSocket.reset();
  sessions = [first, resumed];
  ServerSocket.session = () => sessions.shift();
  ServerSocket.answer = (command, payload) =>
    command === "mesh/enter"
      ? { rooms: payload.rooms.map((/** @type {any} */ { roomName }) => ({ roomName, success: true, number: 1, stamp: [1, 2], snapshot })) }
      : { success: true };
  client = new MeshClient("ws://x", { WebSocket: ServerSocket, random: () => 0 });
  await client.connect();
  told = [];
  for (const event of ["connect", "disconnect", "reconnect", "close", "error", "hello", "message"])
    client.on(event, (detail) => void told.push([event, detail?.code ?? detail]));
});

afterEach(async () => {
  const closed = client.close();
  await settle();
  mock.timers.tick(1_000);
  await closed;
  mock.timers.reset();
});

const snapshot = {
  epoch: 1,
  revision: 3,
  members: [{ connectionId: "conn-9", number: 1, joinedAt: [1, 1], userId: "alice", state: "here", stamp: [1, 2] }],
};
const settle = () => new Promise(setImmediate);
const socket = (/** @type {number} */ i) => ServerSocket.all[i];
const commands = (/** @type {number} */ i) => socket(i).received.map((one) => one.command);
const events = () => told.filter(([event]) => event !== "message");

test("another WebSocket resumes the session, and takes the place of the first without a sign", async () => {
  /** @type {any[]} */
  const seen = [];
  const presence = createPresence({
    client,
    room: "r",
    storageKey: "k",
    onUpdate: (users) => void seen.push(users.map((user) => user.id)),
    onFreshness: (fresh) => void seen.push(fresh),
  });
  await presence.ready;
  await client.renew();
  assert.deepEqual(socket(1).received[0].payload.resume, "one");
  await settle();
  assert.deepEqual(commands(1), ["mesh/session", "mesh/enter"]);
  socket(0).close(4002);
  await settle();
  assert.deepEqual(events(), []);
  assert.deepEqual(seen, [true, ["alice"]]);
  assert.ok(presence.fresh);
  assert.equal(client.status, Status.ONLINE);
  await client.command("echo");
  assert.equal(commands(1).at(-1), "echo");
  assert.ok(told.some(([event, frame]) => event === "message" && frame.command === "echo"));
  // The next to come resumes with what this one was told.
  sessions = [resumed];
  socket(1).close();
  await settle();
  mock.timers.tick(0);
  assert.equal(ServerSocket.all.length, 3);
  await settle();
  assert.equal(socket(2).received[0].payload.resume, "two");
});

test("it does so by itself before the authentication ends", async () => {
  sessions = [{ ...resumed, authenticatedFor: 600_000 }, { ...resumed, token: "three" }];
  await client.renew();
  mock.timers.tick(540_000);
  await settle();
  assert.equal(socket(2).received[0].payload.resume, "two");
  assert.deepEqual(events(), []);
});

test("so does the session that a connection begins with", async () => {
  const closed = client.close();
  await closed;
  sessions = [{ ...first, authenticatedFor: 600_000 }, resumed];
  await client.connect();
  mock.timers.tick(540_000);
  await settle();
  assert.equal(socket(2).received[0].payload.resume, "one");
});

test("what was under way is answered on the first", async () => {
  ServerSocket.answer = () => undefined;
  const waiting = client.command("slow");
  await settle();
  await client.renew();
  const { id } = socket(0).received[1];
  socket(0).push({ id, command: "slow", payload: "done" });
  assert.equal(await waiting, "done");
});

test("the first may be closed before the answer: what is sent meanwhile waits, and nobody notices", async () => {
  sessions = [undefined];
  const renewed = client.renew();
  await settle();
  socket(0).close(4002);
  await settle();
  const command = client.command("echo");
  await settle();
  assert.equal(client.status, Status.ONLINE);
  assert.deepEqual(events(), []);
  socket(1).grant(resumed);
  await Promise.all([renewed, command]);
  assert.deepEqual(commands(1), ["mesh/session", "echo"]);
  mock.timers.tick(60_000);
  await settle();
  assert.equal(ServerSocket.all.length, 2);
  assert.deepEqual(events(), []);
});

test("a session that is not resumed is not taken: the first stays", async () => {
  sessions = [{ ...first, userId: "bob", token: "of bob" }];
  await assert.rejects(client.renew(), { code: "EFORBIDDEN" });
  await settle();
  // Its own session ends with a close frame.
  assert.equal(socket(1).readyState, 3);
  assert.equal(socket(0).readyState, 1);
  assert.equal(client.userId, "alice");
  await client.command("echo");
  assert.equal(commands(0).at(-1), "echo");
  assert.deepEqual(events(), []);
});

test("one that gets no answer is given up without a close frame: the session may be on it", async () => {
  sessions = [undefined];
  const renewed = assert.rejects(client.renew());
  await settle();
  mock.timers.tick(5_000);
  await renewed;
  assert.equal(socket(1).readyState, 1);
  assert.equal(client.status, Status.ONLINE);
  // And so it was.
  sessions = [resumed];
  socket(0).close(4002);
  await settle();
  mock.timers.tick(0);
  await settle();
  assert.equal(socket(2).received[0].payload.resume, "one");
  assert.equal(socket(1).readyState, 3);
});

test("one that has ended the first, and fails, leaves a session to resume", async () => {
  sessions = [undefined, resumed];
  const renewed = assert.rejects(client.renew());
  await settle();
  socket(0).close(4002);
  await settle();
  const command = client.command("echo");
  socket(1).close();
  await renewed;
  assert.equal(client.status, Status.RECONNECTING);
  assert.deepEqual(events(), [
    ["close", 4002],
    ["disconnect", undefined],
  ]);
  mock.timers.tick(0);
  await settle();
  assert.equal(socket(2).received[0].payload.resume, "one");
  assert.equal(client.status, Status.ONLINE);
  await command;
});

test("where somebody else has resumed the session, the token is not tried again", async () => {
  sessions = [undefined, first];
  const renewed = assert.rejects(client.renew(), { code: "EFORBIDDEN" });
  await settle();
  socket(0).close(4002);
  await settle();
  socket(1).grant(first);
  await renewed;
  mock.timers.tick(0);
  await settle();
  assert.equal(socket(2).received[0].payload.resume, undefined);
  assert.equal(client.status, Status.ONLINE);
});

test("when the first drops meanwhile, the client comes back as after any drop", async () => {
  sessions = [undefined, resumed];
  const renewed = assert.rejects(client.renew(), { code: "ECLOSED" });
  await settle();
  socket(0).close();
  await renewed;
  mock.timers.tick(0);
  await settle();
  assert.equal(socket(2).received[0].payload.resume, "one");
  // It may have had the session: it is closed when another has it for sure.
  assert.equal(socket(1).readyState, 3);
  assert.equal(client.status, Status.ONLINE);
});

for (const answered of [false, true]) {
  test(`a client that is closed meanwhile leaves no WebSocket open, ${answered ? "though it was answered" : "answered or not"}`, async () => {
    sessions = [undefined];
    const renewed = assert.rejects(client.renew(), { code: "ECLOSED" });
    await settle();
    if (answered) socket(1).grant(resumed, true);
    await client.close();
    await renewed;
    assert.deepEqual(
      ServerSocket.all.map((one) => one.readyState),
      [3, 3],
    );
    assert.equal(client.status, Status.OFFLINE);
  });
}

test("a first that the server does not close is not kept for ever", async () => {
  await client.renew();
  ServerSocket.answer = () => undefined;
  mock.timers.tick(75_000);
  mock.timers.tick(2_000);
  await settle();
  assert.equal(socket(0).readyState, 3);
});

test("what was to be renewed when the connection dropped is not renewed on another", async () => {
  sessions = [{ ...resumed, authenticatedFor: 600_000 }, first];
  await client.renew();
  ServerSocket.reachable = false;
  socket(1).close();
  for (let s = 0; s < 545; s += 5) {
    await settle();
    mock.timers.tick(5_000);
  }
  ServerSocket.reachable = true;
  while (client.status !== Status.ONLINE) {
    await settle();
    mock.timers.tick(5_000);
  }
  await settle();
  assert.deepEqual(commands(ServerSocket.all.length - 1), ["mesh/session"]);
  assert.ok(socket(ServerSocket.all.length - 2).received.length === 0);
});

test("what the first was sent last is heard, and of rooms what is sent on the one that has the session", async () => {
  sessions = [undefined];
  const presence = createPresence({ client, room: "r", storageKey: "k", onUpdate: () => {} });
  await presence.ready;
  told = [];
  const renewed = client.renew();
  await settle();
  socket(1).push({ command: "hello", payload: "to nobody" });
  await settle();
  socket(1).grant(resumed);
  await renewed;
  await settle();
  socket(0).push({ command: "hello", payload: "late" });
  socket(0).push({ command: "mesh/presence-diff", payload: { roomName: "r", epoch: 1, from: 3, to: 3, stale: true } });
  socket(1).push({ command: "hello", payload: "soon" });
  await settle();
  assert.deepEqual(events(), [
    ["hello", "late"],
    ["hello", "soon"],
  ]);
  assert.ok(!told.some(([event, frame]) => event === "message" && frame.payload === "to nobody"));
  assert.ok(presence.fresh);
});

test("without a session there is nothing to renew", async () => {
  await client.close();
  await assert.rejects(client.renew(), { code: "ECLOSED" });
  const count = ServerSocket.all.length;
  sessions = [{ error: "no such command", code: "ENOTFOUND" }];
  const connected = client.connect();
  await settle();
  socket(count).push({ command: "mesh/assign-id", payload: "conn-1" });
  await connected;
  await assert.rejects(client.renew(), { code: "ENOTFOUND" });
  assert.equal(ServerSocket.all.length, count + 1);
});
