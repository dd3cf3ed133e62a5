// One thread on the server: its turns, asked here or elsewhere, each followed until it is over.

import { insist } from './retry.js';
import { outcomes, RunReader } from './run_reader.js';
import { text_of, Turn } from './turn.js';

const replays_at_once_max = 3;

// crypto.randomUUID is for secure contexts only, and a server in one's own network may have no certificate.
function new_id() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const question_of = (run) => run.kwargs?.input?.messages?.findLast((message) => message.type === 'human');

export class Conversation {
  turns = [];

  #client;
  #on_turn;
  #on_asked;
  #id; // of the thread, also before it is on the server
  #closing = new AbortController();
  #replays = []; // turns that wait for theirs
  #replaying = 0;

  // A `thread` has to be loaded; without one the first question makes it. `on_turn(turn, next)` for every turn, with
  // the one that it stands before, or null at the end. `on_asked(turn, is_first)` when the server has a question.
  constructor(client, { thread, on_turn, on_asked }) {
    this.#client = client;
    this.thread = thread;
    this.is_loaded = thread === null;
    this.#id = thread ?? new_id();
    this.#on_turn = on_turn;
    this.#on_asked = on_asked;
  }

  get is_empty() {
    return this.is_loaded && this.turns.length === 0;
  }

  get is_busy() {
    return this.#running !== undefined;
  }

  get is_stopping() {
    return this.#running?.is_stopping ?? false;
  }

  get agent() {
    return this.turns.findLast((turn) => turn.agent)?.agent ?? null;
  }

  get #running() {
    return this.turns.findLast((turn) => !turn.is_over);
  }

  // The page leaves it; what was asked is sent, what runs goes on at the server, and a stop is still carried out.
  close() {
    this.#closing.abort();
  }

  // Everything from the server: the texts. Sources and steps come with `replay`.
  async load(on_wait) {
    const turns = await insist(() => this.#read(), { signal: this.#closing.signal, on_wait });
    this.is_loaded = true;
    this.#take_in(turns);
  }

  // What was asked elsewhere since: in another tab, or on another device.
  async catch_up() {
    if (!this.thread || !this.is_loaded) return;
    this.#take_in(await this.#read().catch(() => []));
  }

  // The conversation stays with its agent; `agent` is for the first question.
  async ask(agent, text) {
    const turn = new Turn(this.agent ?? agent, { id: new_id(), text });
    this.#add(turn, null);
    await this.#begin(turn);
  }

  async ask_again(turn) {
    const lost = turn.run === null;
    turn.run = null;
    turn.reset();
    // The question may have arrived although its answer did not: then it is not asked twice.
    if (lost) {
      const runs = await this.#client.runs(this.#id).catch(() => []);
      const run = runs.find((run) => question_of(run)?.id === turn.question.id);
      if (run) this.#accept(turn, run.run_id);
    }
    await (turn.run ? this.#follow(turn) : this.#begin(turn));
  }

  // Takes a question back that the server refused.
  remove(turn) {
    this.turns = this.turns.filter((other) => other !== turn);
  }

  // Brings the sources and steps of a turn that was over when it was read. The one asked for last comes first.
  replay(turn) {
    if (!turn.run) return;
    this.#replays.push(turn);
    if (this.#replaying < replays_at_once_max) this.#replay_all();
  }

  stop() {
    const turn = this.#running;
    if (!turn || turn.is_stopping) return;
    turn.change({ is_stopping: true });
    if (turn.run) this.#cancel(turn); // else as soon as it has a name
  }

  // Until the server has heard it, however long it is away or busy: only what it says is over has stopped.
  async #cancel(turn) {
    const { run } = turn;
    try {
      await insist(() => turn.is_over || this.#client.cancel(this.thread, run));
    } catch {
      // Refused for good: the answer goes on, and can be told again.
      if (!this.#closing.signal.aborted) turn.change({ is_stopping: false });
    }
  }

  // First the runs: what ends in between has its answer among the messages.
  async #read() {
    const { signal } = this.#closing;
    const runs = await this.#client.runs(this.thread, signal);
    const messages = await this.#client.messages(this.thread, signal);
    runs.sort((a, b) => a.created_at.localeCompare(b.created_at));
    return restored(messages, runs);
  }

  // Adds what is not here yet, each turn at its place, and follows what has begun.
  #take_in(turns) {
    let next = null;
    for (const turn of turns.reverse()) {
      const known = this.turns.find(({ question }) => question.id === turn.question.id);
      if (!known) {
        this.#add(turn, next);
        if (!turn.is_over) this.#follow(turn);
      } else if (known.is_over && turn.run && known.run !== turn.run) {
        // Asked again elsewhere, or here by a request whose answer got lost.
        known.run = turn.run;
        known.reset();
        this.#follow(known);
      }
      next = known ?? turn;
    }
  }

  #add(turn, next) {
    this.turns.splice(next ? this.turns.indexOf(next) : this.turns.length, 0, turn);
    this.#on_turn(turn, next);
  }

  async #begin(turn) {
    const { signal } = this.#closing;
    try {
      const question = { agent: turn.agent, question: turn.question, is_first: this.thread === null };
      const { run, events } = await this.#client.ask(this.#id, question, signal);
      this.#accept(turn, run);
      await this.#follow(turn, events);
    } catch (error) {
      if (!signal.aborted) turn.change({ status: 'failed', error });
    }
  }

  #accept(turn, run) {
    const is_first = this.thread === null;
    this.thread = this.#id;
    turn.run = run;
    this.#on_asked(turn, is_first);
    if (turn.is_stopping) this.#cancel(turn);
  }

  async #follow(turn, events = null) {
    const { signal } = this.#closing;
    const reader = new RunReader(this.#client, {
      thread: this.thread,
      run: turn.run,
      signal,
      on_event: (name, data) => turn.apply(name, data),
      on_wait: (is_reconnecting) => {
        if (turn.is_reconnecting !== is_reconnecting) turn.change({ is_reconnecting });
      },
    });
    const end = await reader.read(events).catch((error) => ({ status: 'failed', error }));
    if (!signal.aborted) turn.change({ ...end, is_reconnecting: false });
  }

  async #replay_all() {
    this.#replaying += 1;
    while (this.#replays.length > 0 && !this.#closing.signal.aborted) await this.#replay(this.#replays.pop());
    this.#replaying -= 1;
  }

  async #replay(turn) {
    const { run } = turn;
    const replayed = new Turn(turn.agent, turn.question);
    const reader = new RunReader(this.#client, {
      thread: this.thread,
      run,
      signal: this.#closing.signal,
      on_event: (name, data) => replayed.apply(name, data),
    });
    try {
      const { error } = await reader.read();
      if (turn.run !== run) return; // it is asked again
      turn.adopt(replayed);
      if (error) turn.change({ error });
    } catch {
      // The texts are there; sources and steps of a run that the server no longer has are not.
    }
  }
}

// The turns of a thread: a question of the state and what follows it, with the run that it started. A run
// whose question is not in the state, since it waits or was refused, stands at the end.
function restored(messages, runs) {
  const turns = [];
  for (const message of messages) {
    if (message.type === 'human') turns.push(new Turn(null, { id: message.id, text: text_of(message) }));
    if (message.type === 'ai') turns.at(-1)?.know([message]);
  }
  for (const run of runs) {
    const question = question_of(run);
    if (!question) continue;
    let turn = turns.find((turn) => turn.question.id === question.id);
    if (!turn) turns.push((turn = new Turn(null, { id: question.id, text: text_of(question) })));
    turn.run = run.run_id;
    turn.agent = run.metadata?.graph_id ?? null;
    turn.status = outcomes[run.status] ?? 'waiting';
  }
  for (const turn of turns) if (!turn.run) turn.status = 'done';
  return turns;
}
