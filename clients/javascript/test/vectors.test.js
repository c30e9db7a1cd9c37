import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { runVectors } from "./vectors.js";

test("the shared vectors hold", () => {
  const folder = new URL("../../../protocol/vectors/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const files = Object.fromEntries(
    names.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8"))]),
  );
  const { passed, failed } = runVectors(files);
  assert.deepEqual(failed, []);
  assert.ok(passed > 100);
});
