// What processes take, with all that they started.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const clock_ticks_per_second = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

function children_of(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

export function tree_of(pid) {
  return [pid, ...children_of(pid).flatMap(tree_of)];
}

// Seconds of CPU: its own, of its children that live, and of those that it has seen end.
export function cpu_seconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / clock_ticks_per_second;
  return children_of(pid).reduce((sum, child) => sum + cpu_seconds(child), own);
}

// Of a tree; what its processes share counts once.
export function memory_bytes(pid) {
  const share = (each) => Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))[1]) * 1_024;
  return tree_of(pid).reduce((sum, each) => sum + share(each), 0);
}
