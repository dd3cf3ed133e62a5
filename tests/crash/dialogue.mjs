// What a crash run's client says on a thread whose agent asks before it acts: turns that pause, are stopped and go on,
// corrections of the thread's state, and questions that stay open. Kills come in between.

import { elapse } from '../end_to_end/support/wait.mjs';

// Changes a thread's state: adds a message, and sets `fields`. Refused while a turn runs.
export async function correct(client, thread, fields = {}) {
  const update = client.name_for('update');
  const text = `note ${update}`;
  const values = { ...fields, messages: [{ role: 'user', content: text }] };
  client.history.note('update', { update, thread, text, fields });
  const options = { method: 'POST', body: { values }, headers: { 'idempotency-key': update } };
  const answer = await client.insist(`/threads/${thread}/state`, options);
  if (answer?.status === 200) client.history.note('updated', { update, thread });
}

export class Dialogue {
  constructor(client) {
    this.client = client;
  }

  thread;

  // From a question to an answer, or to where the client leaves it.
  async go_on() {
    const { client } = this;
    if (!this.thread || this.#chance(0.2)) this.thread = await client.make_thread();
    if (!this.thread) return;
    const question = await this.#ask();
    if (!question || this.#chance(0.2)) {
      this.thread = undefined; // it stays as it is
      return;
    }
    await this.#rest();
    if (this.#chance(0.5)) await correct(client, this.thread, { guest: client.name_for('guest') });
    if (this.#chance(0.3) && !(await this.#answer_and_take_back(question))) return;
    await this.#rest();
    await this.#answer(question);
  }

  #chance(share) {
    return this.client.random.next() < share;
  }

  #rest() {
    return elapse(this.client.random.between(0, 150));
  }

  // A turn that is to go through these nodes.
  #turn(nodes, options = {}) {
    return { keyed: true, thread: this.thread, agent: 'booking', nodes, options };
  }

  // The values that it leaves, or undefined.
  async #perform(fields) {
    const turn = this.client.turn(fields);
    const run = this.#chance(0.6) ? await this.client.stream(turn) : (await this.client.begin({}, turn)).run;
    return this.client.join({ turn, run });
  }

  // Goes on without an answer.
  #proceed(nodes) {
    return this.#perform({ ...this.#turn(nodes, { input: null }), goes_on: true });
  }

  // The id of the question that is open then.
  async #ask() {
    let values;
    if (this.#chance(0.7)) {
      values = await this.#perform(this.#turn(['look', 'ask']));
    } else {
      values = await this.#perform(this.#turn(['look'], { interrupt_before: ['ask'] }));
      if (!values || values.__error__) return undefined;
      await this.#rest();
      values = await this.#proceed(['ask']);
    }
    return values?.__interrupt__?.[0].id;
  }

  // A turn with an answer that can be told from all others; its message is that answer as JSON.
  #answering(question, nodes, options = {}) {
    const answer = { approved: true, note: this.client.name_for('answer') };
    const resume = this.#chance(0.5) ? answer : { [question]: answer };
    return {
      ...this.#turn(nodes, { input: undefined, command: { resume }, ...options }), answers: question, text: JSON.stringify(answer),
    };
  }

  async #answer(question) {
    if (this.#chance(0.7)) {
      await this.#perform(this.#answering(question, ['ask', 'book', 'thank']));
      return;
    }
    const values = await this.#perform(this.#answering(question, ['ask', 'book'], { interrupt_after: ['book'] }));
    if (!values || values.__error__) return;
    await this.#rest();
    await this.#proceed(['thank']);
  }

  // Whether the question is open again.
  async #answer_and_take_back(question) {
    const { client } = this;
    const begun = await client.begin({}, client.turn(this.#answering(question, ['ask', 'book', 'thank'])));
    return client.take_back(begun, 'rollback');
  }
}
