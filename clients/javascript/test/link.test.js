import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Link } from "../link.js";

/** A WebSocket whose other end is the test. */
class Wire {
  /** @type {Wire} */
  static last;

  readyState = 0;
  /** @type {any[]} */
  sent = [];
  closes = 0;
  /** @type {any} */
  onopen;
  /** @type {any} */
  onmessage;
  /** @type {any} */
  onclose;
  onerror = null;

  constructor() {
    Wire.last = this;
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  /** @param {object} frame */
  receive(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closes++;
  }
}

/** @type {Link} */
let link;
/** @type {Wire} */
let wire;
/** @type {number[]} */
let closed;

beforeEach((/** @type {any} */ context) => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  closed = [];
  link = new Link("ws://x", Wire, 10_000, { received() {}, event() {}, closed: (code) => void closed.push(code) });
  wire = Wire.last;
  wire.open();
});

test("a request is answered by its id, and its error rejects", async () => {
  const good = link.request("echo", 1, 1_000);
  const bad = link.request("echo", 2, 1_000);
  wire.receive({ id: wire.sent[1].id, command: "echo", payload: { error: "no", code: "EAUTH", name: "AuthError" } });
  wire.receive({ id: wire.sent[0].id, command: "echo", payload: 1 });
  assert.equal(await good, 1);
  await assert.rejects(bad, { code: "EAUTH", message: "no", name: "AuthError" });
});

test("a ping is answered, and so is a latency request", () => {
  wire.receive({ command: "ping", payload: {} });
  wire.receive({ command: "latency:request", payload: {} });
  assert.deepEqual(
    wire.sent.map(({ command, payload }) => ({ command, payload })),
    [
      { command: "pong", payload: {} },
      { command: "latency:response", payload: {} },
    ],
  );
});

test("no sign of life for two and a half ping intervals: it asks once, and is dead if nothing comes", async () => {
  const pending = link.request("slow", {}, 60_000);
  mock.timers.tick(24_999);
  assert.equal(wire.sent.at(-1).command, "slow");
  mock.timers.tick(1);
  assert.equal(wire.sent.at(-1).command, "mesh/noop");
  mock.timers.tick(2_000);
  await assert.rejects(pending, { code: "ECLOSED" });
  assert.deepEqual(closed, [1006]);
});

test("any frame is a sign of life, also after the question", async () => {
  mock.timers.tick(20_000);
  wire.receive({ command: "hello" });
  mock.timers.tick(20_000);
  assert.equal(wire.sent.length, 0);
  mock.timers.tick(5_000);
  wire.receive({ command: "hello" });
  mock.timers.tick(2_000);
  await new Promise(setImmediate);
  assert.deepEqual(closed, []);
});

test("a connection taken for dead sends no close frame, which would end its session", () => {
  link.abandon("no sign of life");
  assert.equal(wire.closes, 0);
  assert.deepEqual(closed, [1006]);
  assert.ok(link.lingers);
});

test("awake again after a long silence, it is dead at once", () => {
  mock.timers.setTime(3_600_000);
  link.check();
  assert.deepEqual(closed, [1006]);
});

test("what the server would close for is not sent", async () => {
  link.messageLimit = 100;
  await assert.rejects(link.request("echo", "é".repeat(50), 1_000), { code: "ETOOLARGE" });
  assert.equal(wire.sent.length, 0);
});

test("closing rejects at once what is pending, and resolves though nothing answers", async () => {
  const pending = link.request("slow", {}, 60_000);
  const done = link.close(1000, "");
  await assert.rejects(pending, { code: "ECLOSED" });
  mock.timers.tick(1_000);
  await done;
});
