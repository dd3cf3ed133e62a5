// A crash run: episodes until so many kills have been made, several at once, and what they come to.
//
//   node tests/crash/run.mjs [--kills N] [--seed S] [--mutant NAME] [--at-once N] [--kills-each N]
//
// Two of three episodes run the shipped build under kill -9; the third one runs the build with failpoints under
// every other fault. Ends with status 1 when a promise was broken; the data directory and the history stay then.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parlance, parlance_bench, parlance_debug } from '../end_to_end/support/program.mjs';
import { rules } from './checker.mjs';
import { episode } from './episode.mjs';
import { armed_faults, mutants, plain_faults } from './faults.mjs';

const entries_shown_max = 40;

// A file system of a test's own, which it can fill; false where that is not allowed.
function may_mount() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

// The episode of a seed: what it runs, and under which faults.
function plan(seed, { mutant, full_disks }) {
  if (mutant) return { binary: parlance_debug, faults: mutants[mutant], mutant };
  if (seed % 3 !== 0) return { binary: parlance, faults: plain_faults };
  if (full_disks && seed % 9 === 0) return { binary: parlance, faults: ['full_disk', 'sigkill'] };
  return { binary: parlance_debug, faults: armed_faults };
}

export class Totals {
  kills = 0;
  in_mid_stream = 0;
  turns = 0;
  acknowledged = 0;
  connections = 0;
  ready_ms_max = 0;
  quiet_ms_max = 0;
  by_fault = {};
  violations = [];

  add({ seed, entries, violations, quiet_ms, folder }) {
    const of = (type) => entries.filter((entry) => entry.type === type);
    for (const kill of of('kill')) {
      this.kills += 1;
      if (kill.streams > 0) this.in_mid_stream += 1;
      this.by_fault[kill.how] = (this.by_fault[kill.how] ?? 0) + 1;
      this.ready_ms_max = Math.max(this.ready_ms_max, kill.ready_ms ?? 0);
    }
    this.turns += of('turn').length;
    this.connections += of('connection').length;
    this.acknowledged += of('answer').filter(({ status }) => status < 300).length + of('taken_back').length + of('deleted').length;
    this.quiet_ms_max = Math.max(this.quiet_ms_max, quiet_ms ?? 0);
    this.violations.push(...violations.map((violation) => ({ seed, folder, entries, ...violation })));
  }

  toString() {
    return (
      `${this.kills} kills, ${this.in_mid_stream} in mid-stream; ${this.turns} turns, ${this.acknowledged} acknowledgements, ` +
      `${this.connections} streams; ${this.violations.length} violations; longest recovery ${this.ready_ms_max} ms to the first ` +
      `answer, ${this.quiet_ms_max} ms to the end of all unfinished turns`
    );
  }
}

// The history of what a violation is about.
function offending({ entries, thread, turn }) {
  const about = entries.filter(
    (entry) => entry.type === 'kill' || entry.type === 'no_restart' || (turn && entry.turn === turn) || (thread && entry.thread === thread),
  );
  return about
    .slice(0, entries_shown_max)
    .map(({ type, at, ...entry }) => `    +${at - entries[0].at} ms ${type} ${JSON.stringify(entry).slice(0, 300)}`);
}

export function describe(violation) {
  const { seed, folder, rule, detail, thread, turn } = violation;
  return [
    `seed ${seed}, ${rule}: ${rules[rule]}`,
    `  ${detail}`,
    `  thread ${thread ?? '-'}, turn ${turn ?? '-'}; all in ${folder}/history.json`,
    ...offending(violation),
  ].join('\n');
}

// Runs until `kills`, or until a promise was broken. `tell` is called with each episode.
export async function run({ kills, seed = 1, mutant, at_once = 3, kills_each = 20, tell = () => {} }) {
  for (const file of [parlance, parlance_debug, parlance_bench]) {
    if (!existsSync(file)) throw new Error(`${file} is not built`);
  }
  const totals = new Totals();
  const full_disks = !mutant && may_mount();
  let planned = 0;
  let next = seed;
  const worker = async () => {
    while (planned < kills && totals.violations.length === 0) {
      const count = Math.min(kills_each, kills - planned);
      planned += count;
      const its_seed = next++;
      const done = await episode({ seed: its_seed, kills: count, ...plan(its_seed, { mutant, full_disks }) });
      totals.add(done);
      tell(done, totals);
    }
  };
  await Promise.all(Array.from({ length: at_once }, worker));
  return totals;
}

async function main() {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      mutant: { type: 'string' },
      'at-once': { type: 'string', default: '3' },
      'kills-each': { type: 'string', default: '20' },
    },
  });
  if (values.mutant && !(values.mutant in mutants)) throw new Error(`no such mutant: ${values.mutant}; there are ${Object.keys(mutants)}`);
  // Through the end of this process, which takes the servers along.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  const started = Date.now();
  const totals = await run({
    kills: Number(values.kills),
    seed: Number(values.seed),
    mutant: values.mutant,
    at_once: Number(values['at-once']),
    kills_each: Number(values['kills-each']),
    tell: ({ seed }, so_far) => console.log(`${Math.round((Date.now() - started) / 1000)} s, seed ${seed}: ${so_far}`),
  });
  for (const violation of totals.violations.slice(0, 5)) console.log(describe(violation));
  console.log(`by fault: ${JSON.stringify(totals.by_fault)}`);
  console.log(`from seed ${values.seed}, ${Math.round((Date.now() - started) / 1000)} s: ${totals}`);
  process.exitCode = totals.violations.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
