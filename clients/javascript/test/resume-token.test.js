import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

const url = "ws://x";
const key = `m:resume:${url}`;

/** The tab's sessionStorage. @type {Map<string, string>} */
let content;
let pages = 0;

beforeEach(() => {
  content = new Map();
  const sessionStorage = {
    getItem: (/** @type {string} */ name) => content.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => void content.set(name, value),
    removeItem: (/** @type {string} */ name) => void content.delete(name),
  };
  Object.assign(globalThis, { window: { sessionStorage } });
});

afterEach(() => void Reflect.deleteProperty(globalThis, "window"));

/** A page that has just been loaded: nothing outlives the one before but what is in sessionStorage. */
async function load() {
  const { ResumeToken } = await import(`../resume-token.js?page=${++pages}`);
  return (/** @type {string | null} */ value) => {
    const token = new ResumeToken(url);
    if (value !== undefined) token.value = value;
    return token;
  };
}

test("each client of a page resumes what its predecessor left, also one made later", async () => {
  const make = await load();
  const before = [make("a"), make("b")];
  // They leave in the order in which they connected.
  for (const token of before.toReversed()) token.leave();
  const again = await load();
  const first = again();
  // It connects, and gets a token of its own.
  first.value = "a2";
  assert.equal(again().value, "b");
  assert.equal(again().value, null);
});

test("a duplicate of the tab finds none", async () => {
  (await load())("a").leave();
  (await load())();
  assert.equal(content.has(key), false);
});

test("what nobody took does not stand first on the page after", async () => {
  const make = await load();
  for (const token of [make("a"), make("b")]) token.leave();
  const one = (await load())();
  one.value = "a2";
  one.leave();
  const next = await load();
  assert.equal(next().value, "a2");
  assert.equal(next().value, null);
});

test("a page out of the cache of pages resumes what the one shown meanwhile was", async () => {
  const kept = (await load())("a");
  kept.leave();
  const shown = (await load())();
  assert.equal(shown.value, "a");
  shown.value = "a2";
  shown.leave();
  kept.regain(true);
  assert.equal(kept.value, "a2");
  assert.equal(content.has(key), false);
});

test("a page out of the cache of pages, and no other shown in between, keeps its own", async () => {
  const kept = (await load())("a");
  kept.leave();
  kept.regain(true);
  assert.equal(kept.value, "a");
});

test("a page out of the cache of pages does not find what nobody took before", async () => {
  const make = await load();
  for (const token of [make("a"), make("b")]) token.leave();
  const kept = (await load())();
  kept.leave();
  // The one shown meanwhile took what was left, and was closed.
  (await load())();
  kept.regain(true);
  assert.equal(kept.value, "a");
});

test("one whose connection has never ended keeps its token", async () => {
  const kept = (await load())("a");
  kept.leave();
  kept.value = "a2";
  kept.regain(false);
  assert.equal(kept.value, "a2");
  assert.equal(content.has(key), false);
});
