import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { MeshError } from "../errors.js";
import { Renewal } from "../renewal.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What was done, in order. @type {string[]} */
let done;
/** What is reported. @type {unknown[]} */
let reported;
/** What the server answers to a token, and what another WebSocket is authenticated for. @type {() => any} */
let authenticate;
/** @type {() => any} */
let replace;
/** @type {Renewal} */
let renewal;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  done = [];
  reported = [];
  authenticate = () => ({ authenticatedFor: HOUR });
  replace = () => HOUR;
  make(undefined);
});

afterEach(() => {
  renewal.end();
  mock.timers.reset();
});

/** @param {import("../access-token.js").AccessToken | undefined} accessToken */
function make(accessToken) {
  const link = {
    request: async (/** @type {string} */ command, /** @type {any} */ { token }) => {
      done.push(`${command} ${token}`);
      return authenticate();
    },
  };
  renewal = new Renewal({
    accessToken,
    connectTimeout: 5_000,
    commandTimeout: 30_000,
    online: async () => /** @type {any} */ (link),
    replace: async () => {
      done.push("replace");
      return replace();
    },
    report: (error) => void reported.push(error),
  });
}

const settle = () => new Promise(setImmediate);

/** Lets time pass, and what comes of it happen. @param {number} ms */
async function pass(ms) {
  mock.timers.tick(ms);
  await settle();
}

/** How long it takes until more is done, in ms. */
async function next() {
  const before = done.length;
  for (let ms = 0; ms <= 2 * HOUR; ms += 500) {
    if (done.length > before) return ms;
    await pass(500);
  }
  return Infinity;
}

test("it is renewed a minute before it ends, or a fifth of it if that is less, and again before the next end", async () => {
  renewal.begin(HOUR);
  assert.equal(await next(), 59 * MINUTE);
  replace = () => 10_000;
  assert.equal(await next(), 59 * MINUTE);
  assert.equal(await next(), 8_000);
  replace = () => undefined;
  assert.equal(await next(), 8_000);
  assert.equal(await next(), Infinity);
});

test("what lasts longer than a timer can wait is renewed in time", async () => {
  renewal.begin(2 ** 31 + HOUR);
  await pass(2 ** 31 - 1);
  assert.deepEqual(done, []);
  await pass(59 * MINUTE);
  assert.deepEqual(done, []);
  await pass(1);
  assert.deepEqual(done, ["replace"]);
});

test("however short it lasts, it is renewed once a second at most", async () => {
  replace = () => 10;
  renewal.begin(10);
  await pass(999);
  assert.deepEqual(done, []);
  await pass(1);
  await pass(999);
  assert.deepEqual(done, ["replace"]);
});

test("what does not end, and what has ended, is not renewed", async () => {
  renewal.begin(undefined);
  assert.equal(await next(), Infinity);
  renewal.begin(HOUR);
  renewal.end();
  assert.equal(await next(), Infinity);
});

test("with a token the server is told it on the connection at hand", async () => {
  let asked = 0;
  make(async () => `token-${++asked}`);
  renewal.begin(HOUR);
  assert.equal(await next(), 59 * MINUTE);
  assert.equal(await next(), 59 * MINUTE);
  assert.deepEqual(done, ["mesh/authenticate token-1", "mesh/authenticate token-2"]);
});

test("where no tokens are taken on a connection, another WebSocket brings it", async () => {
  make("token");
  authenticate = () => {
    throw new MeshError("EINVALID", "no tokens");
  };
  await renewal.renew();
  assert.deepEqual(done, ["mesh/authenticate token", "replace"]);
  // And it goes on by what that one was told.
  assert.equal(await next(), 59 * MINUTE);
});

test("one that failed is told, and tried again when a tenth of what is left has passed, and a second at least", async () => {
  make("token");
  authenticate = () => {
    throw new MeshError("EFORBIDDEN", "not valid");
  };
  renewal.begin(100_000);
  assert.equal(await next(), 80_000);
  assert.equal(await next(), 2_000);
  // 18 s are left.
  assert.equal(await next(), 2_000);
  await pass(15_000);
  const { length } = done;
  await pass(1_000);
  assert.equal(done.length, length + 1);
  await pass(999);
  assert.equal(done.length, length + 1);
  assert.ok(reported.length === done.length && reported.every((error) => /** @type {any} */ (error).code === "EFORBIDDEN"));
  authenticate = () => ({ authenticatedFor: HOUR });
  await pass(1);
  assert.equal(await next(), 59 * MINUTE);
  assert.ok(!done.includes("replace"));
});

test("one that failed since the connection ended is nobody's news, and not tried again", async () => {
  replace = () => {
    renewal.end();
    throw new MeshError("ECLOSED", "closed");
  };
  renewal.begin(HOUR);
  await next();
  assert.equal(await next(), Infinity);
  assert.deepEqual(reported, []);
});

test("one that is asked for is done now, takes the place of the one to come, and rejects with what it failed with", async () => {
  renewal.begin(HOUR);
  await pass(30 * MINUTE);
  await renewal.renew();
  assert.deepEqual(done, ["replace"]);
  assert.equal(await next(), 59 * MINUTE);
  replace = () => {
    throw new MeshError("EFORBIDDEN", "another user");
  };
  await assert.rejects(renewal.renew(), { code: "EFORBIDDEN" });
  assert.deepEqual(reported, []);
  replace = () => HOUR;
  assert.equal(await next(), 59 * MINUTE);
});

test("one that is asked for while another is under way may be of another sign-in: it follows", async () => {
  /** @type {(duration: number) => void} */
  let finish = () => {};
  replace = () => new Promise((resolve) => (finish = resolve));
  const first = renewal.renew();
  const second = renewal.renew();
  await settle();
  assert.deepEqual(done, ["replace"]);
  finish(HOUR);
  await first;
  await settle();
  assert.deepEqual(done, ["replace", "replace"]);
  finish(HOUR);
  await second;
});

test("a token that does not come, or is none, fails it", async () => {
  make(() => new Promise(() => {}));
  const late = assert.rejects(renewal.renew(), { code: "ETIMEOUT" });
  await settle();
  await pass(5_000);
  await late;
  make(() => /** @type {any} */ (undefined));
  await assert.rejects(renewal.renew(), TypeError);
  assert.deepEqual(done, []);
});
