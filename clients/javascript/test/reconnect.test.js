import assert from "node:assert/strict";
import { test } from "node:test";
import { mayReconnect, reconnectDelay } from "../reconnect.js";

const LATEST = () => 0.999999;
const EARLIEST = () => 0;

test("the first attempt comes within 250 ms", () => {
  assert.equal(reconnectDelay(0, 0, EARLIEST), 0);
  assert.ok(reconnectDelay(0, 0, LATEST) <= 250);
});

test("attempts double up to 2 s in the first minute, and never beyond", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 50].map((attempt) => Math.round(reconnectDelay(attempt, 59_999, LATEST))),
    [500, 1_000, 2_000, 2_000, 2_000],
  );
});

test("later they grow with the outage up to 30 s", () => {
  assert.equal(Math.round(reconnectDelay(50, 60_000, LATEST)), 2_000);
  assert.equal(Math.round(reconnectDelay(50, 300_000, LATEST)), 10_000);
  assert.equal(Math.round(reconnectDelay(5_000, 86_400_000, LATEST)), 30_000);
});

test("each delay has jitter", () => {
  for (const attempt of [1, 5, 500]) {
    assert.ok(reconnectDelay(attempt, 90_000, EARLIEST) < reconnectDelay(attempt, 90_000, LATEST));
  }
});

test("only what an application closed is final", () => {
  assert.deepEqual(
    [1000, 1001, 1006, 1011, 4000, 4001, 4002, 4200].filter((code) => !mayReconnect(code)),
    [],
  );
  assert.deepEqual([4100, 4101, 4150, 4199].filter(mayReconnect), []);
});
