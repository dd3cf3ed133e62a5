// One thread on the server: its turns, asked now or restored, each followed until it is over.

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
  #on_thread;
  #closing = new AbortController();
  #stops = new Map(); // of the turns that are followed
  #replays = []; // turns that wait for theirs
  #replaying = 0;

  // `on_turn(turn, is_new)` for every turn, `on_thread(id, title)` when the thread comes to be.
  constructor(client, { thread = null, on_turn, on_thread }) {
    this.#client = client;
    this.thread = thread;
    this.#on_turn = on_turn;
    this.#on_thread = on_thread;
  }

  get is_busy() {
    return this.turns.some((turn) => !turn.is_over);
  }

  get agent() {
    return this.turns.at(-1)?.agent ?? null;
  }

  // The page leaves it; what runs goes on at the server.
  close() {
    this.#closing.abort();
  }

  // Everything from the server: the texts. Sources and steps come with `replay`.
  async load(on_wait) {
    const { signal } = this.#closing;
    const read = () => Promise.all([this.#client.messages(this.thread, signal), this.#client.runs(this.thread, signal)]);
    const [messages, runs] = await insist(read, { signal, on_wait });
    runs.sort((a, b) => a.created_at.localeCompare(b.created_at));
    this.turns = restored(messages, runs);
    for (const turn of this.turns) this.#on_turn(turn, false);
    for (const turn of this.turns.filter((turn) => !turn.is_over)) this.#follow(turn);
  }

  async ask(agent, text) {
    const turn = new Turn(agent, { id: new_id(), text });
    this.turns.push(turn);
    this.#on_turn(turn, true);
    await this.#begin(turn);
  }

  async ask_again(turn) {
    const lost = turn.run === null;
    turn.reset();
    turn.run = null;
    // The question may have arrived although its answer did not: then it is not asked twice.
    if (lost && this.thread) {
      const runs = await this.#client.runs(this.thread).catch(() => []);
      turn.run = runs.find((run) => question_of(run)?.id === turn.question.id)?.run_id ?? null;
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

  async stop() {
    const turn = this.turns.findLast((turn) => !turn.is_over);
    if (!turn || turn.is_stopping) return;
    turn.change({ is_stopping: true });
    if (!turn.run) return; // it is cancelled as soon as it has a name
    try {
      await this.#client.cancel(this.thread, turn.run);
    } catch (error) {
      // A run that is over needs no stop; a server that is away cannot, and the page stops waiting for it.
      if (error instanceof TypeError) this.#stops.get(turn)?.abort();
    }
  }

  async #begin(turn) {
    const { signal } = this.#closing;
    try {
      if (!this.thread) {
        this.thread = await this.#client.create_thread();
        this.#on_thread(this.thread, turn.question.text);
      }
      const { run, events } = await this.#client.ask(this.thread, turn.agent, turn.question, signal);
      turn.run = run;
      if (turn.is_stopping) this.#client.cancel(this.thread, run).catch(() => {});
      await this.#follow(turn, events);
    } catch (error) {
      if (!signal.aborted) turn.change({ status: 'failed', error });
    }
  }

  async #follow(turn, events = null) {
    const stop = new AbortController();
    this.#stops.set(turn, stop);
    const reader = new RunReader(this.#client, {
      thread: this.thread,
      run: turn.run,
      signal: AbortSignal.any([this.#closing.signal, stop.signal]),
      on_event: (name, data) => turn.apply(name, data),
      on_wait: (is_reconnecting) => {
        if (turn.is_reconnecting !== is_reconnecting) turn.change({ is_reconnecting });
      },
    });
    let end;
    try {
      end = await reader.read(events);
    } catch (error) {
      end = stop.signal.aborted ? { status: 'stopped' } : { status: 'failed', error };
    }
    this.#stops.delete(turn);
    if (!this.#closing.signal.aborted) turn.change({ ...end, is_reconnecting: false });
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
