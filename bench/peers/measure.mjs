// A load on a peer, and what it took of the machine.

import { load } from '../../tests/end_to_end/harness.mjs';
import { cpu_seconds, memory_bytes } from '../../tests/end_to_end/support/processes.mjs';

const mib = 2 ** 20;
const load_time_max_ms = 900_000;

export const memory_mib = (peer) => peer.pids().reduce((sum, pid) => sum + memory_bytes(pid), 0) / mib;

const cpu_of = (peer) => peer.pids().reduce((sum, pid) => sum + cpu_seconds(pid), 0);

// The figures of `parlance-bench run`, with `cpu_us` of a finished turn: of the peer's processes and its database's; null: it has none.
export async function loaded(peer, args) {
  const before = cpu_of(peer);
  const figures = await load(peer, ['--quiet', ...peer.load, ...args], load_time_max_ms);
  const took = cpu_of(peer) - before;
  return { ...figures, cpu_us: peer.pids().length > 0 ? (took / figures.finished) * 1e6 : null };
}

// Before anything is measured: a peer whose answers are not right is not measured at all.
export async function warmed_up(peer, args) {
  const { finished, failed, refused, wrong_answers, errors_by_code } = await loaded(peer, args);
  if (finished > 0 && failed + refused + wrong_answers === 0) return;
  throw new Error(`its answers are not right: ${finished} finished, ${wrong_answers} of them wrong, ${refused} refused, ${failed} failed ${JSON.stringify(errors_by_code)}`);
}

export const turn_figures = (figures) => ({
  per_second: figures.finished_per_second,
  p50_ms: figures.ms.turn.p50,
  p99_ms: figures.ms.turn.p99,
  cpu_us: figures.cpu_us,
  not_right: figures.failed + figures.refused + figures.wrong_answers,
  generator_limited: !figures.audit.valid,
});

export const turn_columns = (unit) => [
  { figure: 'per_second', title: `${unit}s/s` },
  { figure: 'p50_ms', title: 'p50 ms', digits: 1 },
  { figure: 'p99_ms', title: 'p99 ms', digits: 1 },
  { figure: 'cpu_us', title: `CPU µs a ${unit}` },
  { figure: 'not_right', title: 'failed, refused or wrong' },
];
