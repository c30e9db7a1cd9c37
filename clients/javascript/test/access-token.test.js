import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { MeshClient, Status } from "../client.js";
import { ServerSocket } from "./server-socket.js";

/** @type {MeshClient} */
let client;
/** What the application is told. @type {any[]} */
let told;

beforeEach(() => {
  ServerSocket.reset();
  told = [];
});

afterEach(async () => {
  mock.timers.reset();
  await client.close();
});

/**
 * @param {any} accessToken
 * @param {string} [url]
 */
function make(accessToken, url = "ws://x/mesh?room=a%20b") {
  client = new MeshClient(url, { WebSocket: ServerSocket, random: () => 0, accessToken });
  for (const event of ["error", "close"]) client.on(event, (detail) => void told.push(detail));
  return client;
}

const settle = () => new Promise(setImmediate);

/** @param {ServerSocket} socket */
const query = ({ url }) => Object.fromEntries(new URL(url).searchParams);

test("the token is in the query, encoded, beside what was there", async () => {
  await make("a+b&c=/é").connect();
  assert.deepEqual(query(ServerSocket.all[0]), { room: "a b", access_token: "a+b&c=/é" });
});

test("without the option the url is left as it is", async () => {
  await make(undefined, "ws://x").connect();
  assert.equal(ServerSocket.all[0].url, "ws://x");
});

test("a function is asked at each attempt", async () => {
  let asked = 0;
  await make(async () => `token-${++asked}`).connect();
  const again = new Promise((resolve) => client.once("reconnect", resolve));
  ServerSocket.all[0].close();
  await again;
  assert.deepEqual(
    ServerSocket.all.map((socket) => query(socket).access_token),
    ["token-1", "token-2"],
  );
});

test("what the function throws, or rejects with, is told, and the attempt has failed like any other", async () => {
  const fail = () => {
    throw new Error("thrown");
  };
  const failures = [() => Promise.reject(new Error("rejected")), fail, () => ""];
  mock.timers.enable({ apis: ["setTimeout"] });
  const connected = make(() => (failures.pop() ?? (() => "secret"))()).connect();
  for (let attempts = 0; attempts < 3; attempts++) {
    await settle();
    mock.timers.tick(2_000);
  }
  await connected;
  assert.equal(ServerSocket.all.length, 1);
  const own = told.filter((error) => error.code !== "ECLOSED").map((error) => error.message);
  assert.deepEqual(own, ["accessToken must give a string that is not empty", "thrown", "rejected"]);
  assert.equal(told.filter((error) => error.code === "ECLOSED").length, 3);
});

test("a function that does not answer is an attempt that takes too long", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const connected = make(() => new Promise(() => {})).connect();
  mock.timers.tick(5_000);
  assert.deepEqual(told.map((error) => error.code), ["ECLOSED"]);
  client.close();
  await assert.rejects(connected, { code: "ECLOSED" });
});

test("an answer that comes when the client was closed connects to nothing", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {(token: string) => void} */
  let answer = () => {};
  const connected = make(() => new Promise((resolve) => (answer = resolve))).connect();
  await settle();
  await client.close();
  answer("secret");
  await settle();
  assert.deepEqual(ServerSocket.all, []);
  await assert.rejects(connected, { code: "ECLOSED" });
  assert.equal(client.status, Status.OFFLINE);
});

test("no error tells the token", async () => {
  class Picky extends ServerSocket {
    /** @param {string} url */
    constructor(url) {
      if (!Picky.content) throw new SyntaxError(`Not valid: ${url}`);
      super(url);
    }

    static content = false;
  }
  client = new MeshClient("ws://x", { WebSocket: Picky, random: () => 0, accessToken: "secret" });
  for (const event of ["error", "close", "message"]) client.on(event, (detail) => void told.push(detail));
  const connected = client.connect();
  await settle();
  Picky.content = true;
  await connected;
  ServerSocket.all[0].close();
  await settle();
  assert.ok(told.length > 1);
  const texts = told.map((detail) => `${detail.stack} ${detail.message} ${detail.cause} ${JSON.stringify(detail)}`);
  assert.ok(!texts.some((text) => text.includes("secret")), texts.join("\n"));
});

test("over a reload the session is kept by the url, without the token", async (t) => {
  const content = new Map();
  const page = Object.assign(new EventTarget(), {
    sessionStorage: {
      getItem: (/** @type {string} */ key) => content.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => void content.set(key, value),
      removeItem: (/** @type {string} */ key) => void content.delete(key),
    },
  });
  Object.assign(globalThis, { window: page, document: new EventTarget() });
  t.after(() => {
    Reflect.deleteProperty(globalThis, "window");
    Reflect.deleteProperty(globalThis, "document");
  });
  ServerSocket.session = () => ({ token: "resume-token" });
  await make("bearer-token", "ws://x").connect();
  page.dispatchEvent(new Event("pagehide"));
  assert.deepEqual([...content.keys()], ["m:resume:ws://x"]);
  assert.ok(![...content.values()].some((text) => text.includes("bearer-token")));
});

test("what is no token is refused at once", () => {
  make("token");
  for (const wrong of [null, "", 1, {}]) assert.throws(() => make(wrong), { name: "TypeError", message: /^accessToken must be/ });
});

test("a url that is none is not tried again", async () => {
  await assert.rejects(make("secret", "http://").connect(), TypeError);
  assert.equal(client.status, Status.OFFLINE);
});
