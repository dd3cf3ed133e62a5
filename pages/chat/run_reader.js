// Reads a run to its end through lost connections and restarts of the server: every event once, in order.

import { Backoff, passes } from './retry.js';

export const outcomes = { success: 'done', interrupted: 'stopped', error: 'failed', timeout: 'failed' };

export class RunReader {
  #client;
  #thread;
  #run;
  #signal;
  #on_event;
  #on_wait;
  #seen = new Set();
  #last_id = null;
  #backoff = new Backoff();

  // `on_wait(true)` when the connection is lost, `on_wait(false)` when it is back.
  constructor(client, { thread, run, signal, on_event, on_wait = () => {} }) {
    this.#client = client;
    this.#thread = thread;
    this.#run = run;
    this.#signal = signal;
    this.#on_event = on_event;
    this.#on_wait = on_wait;
  }

  // How it ended: {status: 'done' | 'stopped' | 'failed', error}. `events` is an open stream to begin with.
  async read(events = null) {
    for (;;) {
      let advised_ms = 0;
      try {
        events ??= await this.#client.events(this.#thread, this.#run, this.#last_id, this.#signal);
        const end = await this.#drain(events);
        if (end?.code === 'cancelled') return { status: 'stopped' };
        if (end && end.code !== 'draining') return { status: 'failed', error: end };
        advised_ms = end?.retry_after_ms ?? 0;
        if (!end) {
          const { status } = await this.#client.run(this.#thread, this.#run, this.#signal);
          if (status in outcomes) return { status: outcomes[status] };
        }
      } catch (error) {
        if (this.#signal.aborted || !passes(error)) throw error;
        advised_ms = error.retry_after_ms ?? 0;
      }
      events = null;
      this.#on_wait(true);
      await this.#backoff.pause(this.#signal, advised_ms);
    }
  }

  // Hands every new event on; answers the data of an `error` event, which is always the last one.
  async #drain(events) {
    for await (const { name, data, id } of events) {
      this.#backoff.reset();
      this.#on_wait(false);
      if (id !== null) {
        if (this.#seen.has(id)) continue;
        this.#seen.add(id);
      }
      if (name === 'error') {
        if (data.code !== 'draining') this.#last_id = id ?? this.#last_id;
        return data;
      }
      this.#last_id = id ?? this.#last_id;
      this.#on_event(name, data);
    }
    return null;
  }
}
