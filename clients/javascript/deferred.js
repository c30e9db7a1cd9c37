import { MeshError } from "./errors.js";

/**
 * A promise that is settled from outside, and whose rejection nobody has to handle.
 * @template T
 */
export class Deferred {
  /** @type {(value: T) => void} */
  resolve = () => {};

  /** @type {(error: unknown) => void} */
  reject = () => {};

  constructor() {
    /** @type {Promise<T>} */
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => {});
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} timeout ms; Infinity: as long as it takes
 * @param {string} what is the case if it takes longer
 * @returns {Promise<T>} rejected with `ETIMEOUT` then
 */
export async function within(promise, timeout, what) {
  if (timeout === Infinity) return promise;
  const late = new Deferred();
  const timer = setTimeout(() => late.reject(new MeshError("ETIMEOUT", `${what} within ${timeout} ms`)), timeout);
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}
