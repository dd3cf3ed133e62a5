// The server's routes that the page uses, with failures as two kinds of error: a Refusal is what the server
// answered, anything else is a connection that did not work.

import { read_events } from './event_stream.js';
import { recall, remember } from './storage.js';

const key_name = 'parlance.key';
const stream_modes = ['updates', 'messages-tuple', 'custom'];

export class Refusal extends Error {
  constructor(status, message, code, retry_after_ms) {
    super(message);
    this.status = status;
    this.code = code;
    this.retry_after_ms = retry_after_ms;
  }

  // The same request may succeed later.
  get passes() {
    return this.status === 429 || this.status >= 500;
  }

  static async of(response) {
    const { headers } = response;
    const ms = Number(headers.get('retry-after-ms') ?? NaN);
    const seconds = Number(headers.get('retry-after') ?? NaN);
    const advice = ms >= 0 ? ms : seconds >= 0 ? seconds * 1000 : null;
    const message = (await response.text().catch(() => '')).slice(0, 500);
    return new Refusal(response.status, message, headers.get('x-error-code'), advice);
  }
}

export class Client {
  #ask_for_key;

  // `ask_for_key(refused)` answers a key, or null when the user gives none.
  constructor(ask_for_key) {
    this.#ask_for_key = ask_for_key;
  }

  agents() {
    return this.#json('POST', '/assistants/search', { limit: 100 });
  }

  delete_thread(thread) {
    return this.#send('DELETE', `/threads/${thread}`);
  }

  async messages(thread, signal) {
    const state = await this.#json('GET', `/threads/${thread}/state`, undefined, signal);
    return state.values?.messages ?? [];
  }

  runs(thread, signal) {
    return this.#json('GET', `/threads/${thread}/runs?limit=1000`, undefined, signal);
  }

  run(thread, run, signal) {
    return this.#json('GET', `/threads/${thread}/runs/${run}`, undefined, signal);
  }

  cancel(thread, run) {
    return this.#send('POST', `/threads/${thread}/runs/${run}/cancel`);
  }

  // Asks, and answers {run, events}. The ids of the thread and of the question are ours, so that a question whose
  // answer got lost on the way can be found again instead of asked twice. Only the first one makes its thread: what
  // was deleted does not come back. The question is sent in any case; `signal` ends the reading of its events.
  async ask(thread, { agent, question, is_first }, signal) {
    const body = {
      assistant_id: agent,
      input: { messages: [{ role: 'user', id: question.id, content: question.text }] },
      stream_mode: stream_modes,
      stream_resumable: true,
      on_disconnect: 'continue',
      if_not_exists: is_first ? 'create' : 'reject',
    };
    const response = await this.#send('POST', `/threads/${thread}/runs/stream`, body);
    const run = /\/runs\/([^/]+)/.exec(response.headers.get('content-location') ?? '')?.[1];
    return { run, events: read_events(response.body, signal) };
  }

  // The events of a run after `last_id`, or from its beginning; another client may have asked with other modes.
  async events(thread, run, last_id, signal) {
    const headers = last_id === null ? {} : { 'last-event-id': last_id };
    const modes = stream_modes.map((mode) => `stream_mode=${mode}`).join('&');
    const path = `/threads/${thread}/runs/${run}/stream?${modes}`;
    const response = await this.#send('GET', path, undefined, { signal, headers });
    return read_events(response.body);
  }

  async #json(method, path, body, signal) {
    return (await this.#send(method, path, body, { signal })).json();
  }

  async #send(method, path, body, { signal, headers = {} } = {}) {
    for (let refused = false; ; refused = true) {
      const key = recall(sessionStorage, key_name);
      const response = await fetch(path, {
        method,
        signal,
        cache: 'no-store',
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key ? { 'x-api-key': key } : {}),
        },
      });
      if (response.ok) return response;
      const refusal = await Refusal.of(response);
      if (refusal.status !== 401) throw refusal;
      const given = await this.#ask_for_key(refused || Boolean(key));
      if (given === null) throw refusal;
      remember(sessionStorage, key_name, given);
    }
  }
}
