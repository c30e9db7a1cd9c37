import assert from "node:assert/strict";
import { test } from "node:test";
import { combine } from "../metadata.js";

test("a replacement stands for all before it", () => {
  const update = combine({ metadata: { a: 1 }, strategy: "merge" }, { metadata: { b: 1 }, strategy: "replace" });
  assert.deepEqual(update, { metadata: { b: 1 }, strategy: "replace" });
});

test("merges go over what was there, and what the server set stays", () => {
  const update = combine(
    { metadata: { a: 1, b: { x: 1 } }, strategy: "merge" },
    { metadata: { b: { y: 2 } }, strategy: "merge" },
  );
  assert.deepEqual(update, { metadata: { a: 1, b: { y: 2 } }, strategy: "merge" });
});

test("deep merges do so in nested objects too", () => {
  const update = combine(
    { metadata: { b: { x: 1 }, c: 1 }, strategy: "replace" },
    { metadata: { b: { y: 2 }, c: { z: 1 } }, strategy: "deepMerge" },
  );
  assert.deepEqual(update, { metadata: { b: { x: 1, y: 2 }, c: { z: 1 } }, strategy: "replace" });
});
