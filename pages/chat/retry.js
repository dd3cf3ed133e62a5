// Trying again, calmly: soon at first, then less often, never in step with every other page.

import { Refusal } from './client.js';

const first_ms = 250;
const longest_ms = 3_000;

export class Backoff {
  #ms = first_ms;

  reset() {
    this.#ms = first_ms;
  }

  // Waits at least `advised_ms`; less when the machine comes online again. Throws when `signal` aborts.
  pause(signal, advised_ms = 0) {
    const ms = Math.max(advised_ms, this.#ms * (0.5 + Math.random() / 2));
    this.#ms = Math.min(this.#ms * 2, longest_ms);
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        removeEventListener('online', wake);
        signal?.removeEventListener('abort', stop);
      };
      const wake = () => (end(), resolve());
      const stop = () => (end(), reject(signal.reason));
      const timer = setTimeout(wake, ms);
      addEventListener('online', wake);
      signal?.addEventListener('abort', stop);
      if (signal?.aborted) stop();
    });
  }
}

// Worth another try: the connection failed, or the server said that this passes.
export const passes = (error) => (error instanceof Refusal ? error.passes : error instanceof TypeError);

// The value of `work`, however long the server cannot be reached. `on_wait(true)` when that begins.
export async function insist(work, { signal, on_wait = () => {} } = {}) {
  const backoff = new Backoff();
  for (let waited = false; ; waited = true) {
    try {
      const value = await work();
      if (waited) on_wait(false);
      return value;
    } catch (error) {
      if (signal?.aborted || !passes(error)) throw error;
      on_wait(true);
      await backoff.pause(signal, error.retry_after_ms ?? 0);
    }
  }
}
