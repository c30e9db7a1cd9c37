import { report } from "./errors.js";

/** @typedef {(...args: any[]) => unknown} Listener */

/** Events by name. A listener that throws stops nobody else. */
export class Emitter {
  /** @type {Map<string, Listener[]>} */
  #listeners = new Map();

  /**
   * @param {string} event
   * @param {Listener} listener
   * @returns {this}
   */
  on(event, listener) {
    if (typeof listener !== "function") throw new TypeError("listener must be a function");
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  /**
   * @param {string} event
   * @param {Listener} listener
   * @returns {this}
   */
  once(event, listener) {
    if (typeof listener !== "function") throw new TypeError("listener must be a function");
    /** @type {Listener & { listener?: Listener }} */
    const one = (...args) => {
      this.off(event, one);
      return listener(...args);
    };
    one.listener = listener;
    return this.on(event, one);
  }

  /**
   * @param {string} event
   * @param {Listener} listener as given to `on` or `once`
   * @returns {this}
   */
  off(event, listener) {
    const left = (this.#listeners.get(event) ?? []).filter(
      (one) => one !== listener && /** @type {any} */ (one).listener !== listener,
    );
    if (left.length > 0) this.#listeners.set(event, left);
    else this.#listeners.delete(event);
    return this;
  }

  /**
   * @param {string} event
   * @param {...unknown} args
   * @protected
   */
  emit(event, ...args) {
    for (const listener of this.#listeners.get(event) ?? []) attempt(listener, ...args);
  }
}

/**
 * Calls back into the application, whose exceptions, later ones too, are its own.
 * @param {Listener} callback
 * @param {...unknown} args
 */
export function attempt(callback, ...args) {
  try {
    const result = callback(...args);
    if (result instanceof Promise) result.catch(report);
  } catch (error) {
    report(error);
  }
}
