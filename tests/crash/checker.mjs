// Holds what clients saw against what the server shows at the end and what the provider served.
//
// check(entries) answers the violations, each {rule, detail, thread?, turn?}; history.mjs has the entries. It
// knows the promises and the wire, and nothing of the server.

import { check_streams } from './rules/streams.mjs';
import { check_threads } from './rules/threads.mjs';
import { check_keys } from './rules/keys.mjs';
import { check_provider } from './rules/provider.mjs';
import { check_server } from './rules/server.mjs';

export const rules = {
  stream: 'a stream is a copy of the journal, without a gap, a repetition or a changed byte',
  superseded: 'text that was shown is in the answer, or was said to be given up',
  acknowledged: 'what was acknowledged is there after every restart',
  order: 'turns of a thread stand in the order of their acceptance',
  overlap: 'turns of a thread never run at once',
  unfinished: 'unfinished turns end without anybody asking for them',
  key: 'an Idempotency-Key has one effect and one answer',
  charged: 'what was charged is what the provider served',
  paid_for_nothing: 'a provider is called for turns that are on disk, and for no others',
  taken_back: 'what was rolled back, cancelled or deleted is gone, and its call of the provider closed',
  restart: 'the server comes back after every crash',
  write_failed: 'a server whose write failed ends',
};

export class Seen {
  constructor(entries) {
    this.entries = entries;
    this.turns = new Map(this.of('turn').map((turn) => [turn.turn, turn]));
    this.final = this.of('final').at(-1);
    this.calls = this.of('provider').at(-1)?.calls ?? [];
    this.kills = this.of('kill');
    this.deleted = new Set([...this.of('deleting'), ...this.of('deleted')].map(({ thread }) => thread));
    this.run_of = new Map();
    for (const { turn, run } of entries) if (turn && run) this.run_of.set(turn, run);
  }

  of(type) {
    return this.entries.filter((entry) => entry.type === type);
  }

  // The thread of a turn as it is at the end; undefined when it is not to be there.
  thread_of(turn) {
    return turn.temporary || this.deleted.has(turn.thread) ? undefined : this.final?.threads[turn.thread];
  }

  run_at_end(turn) {
    return this.thread_of(turn)?.runs.find((run) => run.run_id === this.run_of.get(turn.turn) || run.text === turn.text);
  }

  // A turn that was to be rolled back before anybody was told its end: it may be gone.
  may_be_gone(turn) {
    const told = this.of('answer').find((entry) => entry.turn === turn.turn && entry.status === 200 && entry.what !== 'accepted');
    const ended_at = told?.at ?? Infinity;
    return this.of('rolls_back').some(
      (entry) => (entry.turn ? entry.turn === turn.turn : entry.thread === turn.thread && entry.at >= turn.at) && entry.at < ended_at,
    );
  }
}

export function check(entries) {
  const seen = new Seen(entries);
  const violations = [];
  for (const rule of [check_streams, check_threads, check_keys, check_provider, check_server]) {
    rule(seen, (name, turn, detail) => {
      if (!(name in rules)) throw new Error(`no such rule: ${name}`);
      violations.push({ rule: name, detail, turn: turn?.turn, thread: turn?.thread });
    });
  }
  return violations;
}
