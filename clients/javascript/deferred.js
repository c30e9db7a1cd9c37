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
