// What a run was made on, so that its figures can be read.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { root } from '../../tests/end_to_end/harness.mjs';
import { synced_write_ms } from '../../tests/end_to_end/support/disk.mjs';

const system_name = () => /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1];

export const machine = () => ({
  processor: os.cpus()[0].model.trim(),
  cores: os.availableParallelism(),
  memory_gib: Math.round(os.totalmem() / 2 ** 30),
  system: `${system_name()}, Linux ${os.release()}`,
  node: process.version,
});

// Of now: they differ from run to run on the same machine.
export const conditions = () => ({
  at: new Date().toISOString().slice(0, 16),
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
  load_average: Number(os.loadavg()[0].toFixed(1)),
  synced_write_ms: Number(synced_write_ms(os.tmpdir()).toFixed(3)),
});
