// The clients of a crash run: each has threads of its own and does, one after the other, what the seed says.
//
// A client knows only what it was told. What it does not know after a cut connection it asks again under its key,
// or, without a key, leaves open. All that it sees goes into the history.

import { EventStream } from '../end_to_end/support/event_stream.mjs';
import { call } from '../end_to_end/support/http.mjs';
import { human } from '../end_to_end/support/langgraph.mjs';
import { elapse } from '../end_to_end/support/wait.mjs';

const kinds_of_modes = ['values', 'updates', 'messages-tuple', 'custom'];
const transient = new Set(['component_restarted', 'not_owner', 'storage_failed', 'draining', 'reader_too_slow']);

export class Client {
  constructor({ name, history, server, random }) {
    Object.assign(this, { name, history, server, random });
  }

  #turns = 0;
  #threads = 0;
  thread;

  // Until the server says that no more is to be done. A thread is left after some turns.
  async run() {
    const doings = [
      this.stream, this.stream, this.stream, this.wait, this.background, this.enqueue, this.take_over, this.cancel,
      this.stateless, this.completion, this.completion_stream, this.delete_thread,
    ];
    while (!this.server.stopping) {
      if (!this.thread || this.#turns % 8 === 7) await this.make_thread();
      if (!this.thread) continue;
      await doings[this.random.between(0, doings.length - 1)].call(this);
    }
  }

  // ---- requests

  // The answer, or undefined: nobody knows what became of it.
  async ask(route, options) {
    await this.server.up();
    const { process } = this.server;
    try {
      const answer = await call(this.server.url + route, { agent: this.server.agent, ...options });
      const code = answer.headers['x-error-code'] ?? answer.json?.error?.code;
      this.look_at(code, process);
      return { ...answer, code };
    } catch {
      return undefined;
    }
  }

  look_at(code, process) {
    if (code === 'storage_failed') this.history.note('write_failed', { process });
  }

  // Asks until somebody answers who is not about to end; for what may be asked again.
  async insist(route, options) {
    while (!this.server.stopping) {
      const answer = await this.ask(route, options);
      if (answer && !transient.has(answer.code) && answer.status !== 503) return answer;
      await elapse(20);
    }
    return undefined;
  }

  turn(more = {}) {
    const turn = { turn: `${this.name}-${++this.#turns}`, thread: this.thread, agent: 'chat', api: 'langgraph', temporary: false, ...more };
    turn.text = `question ${turn.turn}`;
    if (more.keyed ?? this.random.next() < 0.6) turn.key = `key-${turn.turn}`;
    return this.history.note('turn', { ...turn, made: Boolean(turn.thread) });
  }

  body(turn, more = {}) {
    return {
      assistant_id: turn.agent, input: human(turn.text), multitask_strategy: 'enqueue', on_disconnect: 'continue', ...more,
    };
  }

  post_options(turn, body) {
    return { method: 'POST', body, headers: turn.key ? { 'idempotency-key': turn.key } : {} };
  }

  note_answer(turn, what, answer) {
    const run = answer.json?.run_id ?? /\/runs\/([^/]+)$/.exec(answer.headers['content-location'] ?? '')?.[1];
    const repeated = answer.headers['idempotent-replayed'] === 'true';
    this.history.note('answer', { turn: turn.turn, what, status: answer.status, code: answer.code, run, repeated, text: answer.text });
    return run;
  }

  // Posts it, again and again if it has a key. Answers the run, or undefined when that is not known.
  async post(turn, route, what, body) {
    const send = turn.key ? this.insist : this.ask;
    const answer = await send.call(this, route, this.post_options(turn, body));
    return answer && this.note_answer(turn, what, answer);
  }

  async make_thread() {
    const key = `thread-${this.name}-${++this.#threads}`;
    const made = await this.insist('/threads', { method: 'POST', body: {}, headers: { 'idempotency-key': key } });
    this.thread = made?.status === 200 ? made.json.thread_id : undefined;
    if (!this.thread) await elapse(20);
  }

  // ---- streams

  modes() {
    if (this.random.next() < 0.5) return ['messages-tuple', 'custom'];
    const set = this.random.between(1, 2 ** kinds_of_modes.length - 1);
    return kinds_of_modes.filter((_, kind) => set & (1 << kind));
  }

  // One connection; leaves and rests as the seed says. Answers it when it has ended.
  async read(turn, modes, source, url, options, after) {
    await this.server.up();
    const { process } = this.server;
    const stream = new EventStream(this.server.url + url, options);
    this.server.streams.add(stream);
    const leaving = this.random.next() < 0.3 ? this.random.between(20, 300) : 0;
    if (leaving) setTimeout(() => stream.cut(), leaving);
    if (this.random.next() < 0.1) stream.opened.then(() => stream.rest(this.random.between(20, 150)));
    await stream.ended;
    this.server.streams.delete(stream);
    const run = /\/runs\/([^/]+)$/.exec(stream.headers['content-location'] ?? '')?.[1];
    const frames = stream.frames.map(({ id, event, data, raw }) => ({ id, event, data, raw }));
    if (stream.status === 200) {
      this.history.note('connection', { turn: turn.turn, run, modes: modes.join(), after, source, frames, end: stream.ending });
    } else if (stream.status) {
      const code = stream.headers['x-error-code'];
      this.look_at(code, process);
      this.history.note('answer', { turn: turn.turn, what: 'stream', status: stream.status, code, run, text: stream.body });
    }
    const last = frames.at(-1);
    const error = last && last.id === undefined && /"code":"(\w+)"/.exec(last.data)?.[1];
    this.look_at(error, process);
    return { stream, run, last_id: stream.last_id, over: stream.ending === 'clean' && stream.status === 200 && !transient.has(error) };
  }

  // Comes back after every cut with the last id until the run is over.
  async read_on(turn, run, modes, after) {
    const query = new URLSearchParams(modes.map((mode) => ['stream_mode', mode]));
    while (!this.server.stopping) {
      const headers = after === undefined ? {} : { 'last-event-id': after };
      const route = `/threads/${turn.thread}/runs/${run}/stream?${query}`;
      const read = await this.read(turn, modes, 'join', route, { headers }, after);
      after = read.last_id ?? after;
      if (read.over || (read.stream.status >= 400 && read.stream.status < 500)) return;
      await elapse(10);
    }
  }

  async stream() {
    const modes = this.modes();
    const turn = this.turn();
    const url = `/threads/${turn.thread}/runs/stream`;
    while (!this.server.stopping) {
      const read = await this.read(turn, modes, 'post', url, this.post_options(turn, this.body(turn, { stream_mode: modes })));
      if (read.over) return;
      if (read.run) return this.read_on(turn, read.run, modes, read.last_id);
      const refused = read.stream.status !== 0 && read.stream.status !== 200;
      if (!turn.key || (refused && read.stream.status !== 503)) return;
      await elapse(10);
    }
  }

  // ---- runs

  async wait() {
    const turn = this.turn({ agent: this.random.next() < 0.3 ? 'echo' : 'chat' });
    await this.post(turn, `/threads/${turn.thread}/runs/wait`, 'values', this.body(turn));
  }

  async begin(more = {}, turn = this.turn({ keyed: true })) {
    const run = await this.post(turn, `/threads/${turn.thread}/runs`, 'accepted', this.body(turn, more));
    return { turn, run };
  }

  async join({ turn, run }) {
    if (!run) return;
    const answer = await this.insist(`/threads/${turn.thread}/runs/${run}/join`, {});
    if (answer) this.note_answer(turn, 'joined', answer);
  }

  // One that reads its own run beside another reader.
  async background() {
    const begun = await this.begin({ stream_mode: ['values'] });
    if (!begun.run) return;
    const readers = [this.join(begun)];
    if (this.random.next() < 0.5) readers.push(this.read_on(begun.turn, begun.run, this.modes()));
    await Promise.all(readers);
  }

  async enqueue() {
    const runs = [await this.begin(), await this.begin(), await this.begin()];
    if (this.random.next() < 0.5) await this.join(runs.at(-1));
  }

  async take_over() {
    const how = this.random.next() < 0.5 ? 'interrupt' : 'rollback';
    const first = await this.begin();
    const modes = this.modes();
    const reads = first.run && this.random.next() < 0.5;
    const after_ms = this.random.between(0, 200);
    const take_place = async () => {
      await elapse(after_ms);
      const turn = this.turn({ keyed: true });
      // Before it is sent: the server may do it, and be killed before it says so.
      if (how === 'rollback') this.history.note('rolls_back', { thread: turn.thread });
      await this.join(await this.begin({ multitask_strategy: how }, turn));
    };
    await Promise.all([reads && this.read_on(first.turn, first.run, modes), take_place()]);
  }

  async cancel() {
    const how = this.random.next() < 0.5 ? 'cancel' : 'rollback';
    const { turn, run } = await this.begin();
    if (!run) return;
    await elapse(this.random.between(0, 200));
    if (how === 'rollback') this.history.note('rolls_back', { thread: turn.thread, turn: turn.turn });
    const action = how === 'rollback' ? 'rollback' : 'interrupt';
    const route = `/threads/${turn.thread}/runs/${run}/cancel?wait=1&action=${action}`;
    const answer = await this.insist(route, { method: 'POST' });
    if (answer?.status === 204) this.history.note('taken_back', { turn: turn.turn, how });
  }

  async stateless() {
    const turn = this.turn({ thread: undefined, temporary: true });
    await this.post(turn, '/runs/wait', 'values', this.body(turn));
  }

  // ---- the OpenAI family

  completion_body(turn, stream) {
    const on_thread = turn.thread ? { thread_id: turn.thread } : {};
    return { model: turn.agent, messages: human(turn.text).messages, stream, on_disconnect: 'continue', ...on_thread };
  }

  async completion() {
    const temporary = this.random.next() < 0.5;
    const turn = this.turn({ api: 'openai', temporary, ...(temporary ? { thread: undefined } : {}) });
    await this.post(turn, '/v1/chat/completions', 'completion', this.completion_body(turn, false));
  }

  async completion_stream() {
    const turn = this.turn({ api: 'openai' });
    while (!this.server.stopping) {
      const options = this.post_options(turn, this.completion_body(turn, true));
      const read = await this.read(turn, ['chunks'], 'post', '/v1/chat/completions', options);
      if (read.over || !turn.key || read.stream.status >= 400) return;
      await elapse(10);
    }
  }

  async delete_thread() {
    const thread = this.thread;
    if (this.random.next() < 0.5) return;
    this.thread = undefined;
    this.history.note('deleting', { thread });
    while (!this.server.stopping) {
      const answer = await this.insist(`/threads/${thread}`, { method: 'DELETE' });
      // 404: the answer to an earlier attempt was lost.
      if (answer?.status === 204 || answer?.status === 404) return this.history.note('deleted', { thread });
      await elapse(30);
    }
  }
}
