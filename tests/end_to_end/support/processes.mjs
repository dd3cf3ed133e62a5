// What processes take, with all that they started.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const clock_ticks_per_second = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

// Of a process that may end while this looks: `otherwise` when it has.
function of_living(work, otherwise) {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return otherwise;
    throw error;
  }
}

function children_of(pid) {
  const read = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return of_living(read, []);
}

export function tree_of(pid) {
  return [pid, ...children_of(pid).flatMap(tree_of)];
}

// Seconds of CPU: its own, of its children that live, and of those that it has seen end.
export function cpu_seconds(pid) {
  const fields = of_living(() => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' '), []);
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / clock_ticks_per_second;
  return children_of(pid).reduce((sum, child) => sum + cpu_seconds(child), own);
}

// Of a tree; what its processes share counts once.
export function memory_bytes(pid) {
  const share = (each) => of_living(() => readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'), '');
  const bytes = (text) => Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1_024;
  return tree_of(pid).reduce((sum, each) => sum + bytes(share(each)), 0);
}
