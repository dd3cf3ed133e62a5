// What the machine's disk takes now.

import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { median } from './statistics.mjs';

const writes = 200;
const bytes = 1_024;

// The median time of a synced write of a turn's size, in `folder`.
export function synced_write_ms(folder) {
  const name = path.join(folder, 'probe');
  const file = openSync(name, 'w');
  const times = [];
  for (let i = 0; i < writes; i++) {
    const started = performance.now();
    writeSync(file, Buffer.alloc(bytes, i));
    fdatasyncSync(file);
    times.push(performance.now() - started);
  }
  closeSync(file);
  rmSync(name);
  return median(times);
}
