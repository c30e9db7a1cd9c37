/**
 * Pages with the browser client, for a program that tells them what to do: it writes a line of JSON for each call, and reads
 * one for each answer and each view. Each page is a worker, and a reload ends it and begins another with the same storage.
 */
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";

/** @type {Map<string, Page>} */
const pages = new Map();

class Page {
  #options;
  #worker;

  constructor(options) {
    this.#options = options;
    this.#worker = this.#open({});
  }

  call(call) {
    this.#worker.postMessage(call);
  }

  #open(storages, call) {
    const worker = new Worker(new URL("page.js", import.meta.url), { workerData: { ...this.#options, ...storages } });
    worker.on("error", (error) => say({ page: this.#options.page, failure: String(error.stack ?? error) }));
    worker.on("message", async ({ hidden, ...message }) => {
      if (!hidden) return say({ page: this.#options.page, ...message });
      // As a page that goes: its connections end without a word.
      await worker.terminate();
      this.#worker = this.#open(hidden, message.call);
    });
    if (call) worker.postMessage({ call, act: "join" });
    return worker;
  }
}

function say(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

for await (const line of createInterface({ input: process.stdin })) {
  const { page, open, ...call } = JSON.parse(line);
  if (open) pages.set(page, new Page({ page, ...open }));
  else pages.get(page)?.call(call);
}
process.exit(0);
