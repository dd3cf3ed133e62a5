// parlance-bench as people run it: what it measures, and when it does not believe itself.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { Mock } from './harness.mjs';
import { parlance_bench, Program, run as run_program } from './support/program.mjs';
import { elapse } from './support/wait.mjs';

const bench = (...args) => run_program(parlance_bench, args);

// Its figures; the exit code is the caller's to judge.
async function run(mock, ...args) {
  const { code, stdout, stderr } = await bench('run', '--url', mock.url, '--surface', 'openai', '--agent', 'm', '--json', '-', ...args);
  return { code, figures: JSON.parse(stdout), stderr };
}

function folder_of(t) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-bench-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a server that stands still for two seconds is seen by everybody who was due meanwhile', async (t) => {
  const mock = await Mock.start(t, { tokens: 2, first_token_delay: '5ms', token_delay: '1ms' });
  const running = run(mock, '--open', '50', '--time', '6s', '--clients', '20', '--expect', 'turn.p99>=1900ms');
  await elapse(2_000);
  mock.program.signal('SIGSTOP');
  await elapse(2_000);
  mock.program.signal('SIGCONT');
  const { figures } = await running;
  assert.equal(figures.sent, 300);
  assert.equal(figures.finished, 300);
  assert.equal(figures.expectations[0].held, true, JSON.stringify(figures.ms.turn));
  // Of a hundred turns that were due then, twenty were sent; the others waited for a client.
  assert.ok(figures.ms.turn.p90 > 500, `p90 ${figures.ms.turn.p90}`);
  assert.ok(figures.ms.service.p90 < figures.ms.turn.p90 / 2, `service p90 ${figures.ms.service.p90}`);
});

test('a generator that cannot keep up calls its run invalid', async (t) => {
  const mock = await Mock.start(t, { tokens: 1, first_token_delay: '0ms', token_delay: '0ms' });
  const { code, figures } = await run(mock, '--open', '200000', '--time', '2s', '--clients', '500', '--timeout', '500ms');
  assert.equal(code, 3);
  assert.equal(figures.audit.valid, false);
  assert.match(figures.audit.reason, /generator|never sent/);
});

test('a scenario is a file, the command line has the last word, and the same seed is the same schedule', async (t) => {
  const folder = folder_of(t);
  const file = path.join(folder, 'scenario.json');
  writeFileSync(file, JSON.stringify({ open: '40:1s', arrivals: 'poisson', agent: 'other', slo: ['turn<5s'] }));
  const plans = [];
  for (let i = 0; i < 2; i++) plans.push((await bench('run', '--scenario', file, '--agent', 'm', '--dry-run')).stdout);
  assert.equal(plans[0], plans[1]);
  assert.match(plans[0], /"agent": "m"/);
  assert.match(plans[0], /"arrivals": "poisson"/);
  assert.match(plans[0], /schedule [0-9a-f]{16}/);
  const other = await bench('run', '--scenario', file, '--seed', '2', '--dry-run');
  assert.notEqual(/schedule (\w+)/.exec(other.stdout)[1], /schedule (\w+)/.exec(plans[0])[1]);
  // What a run's report says of itself makes the same run.
  const mock = await Mock.start(t, { tokens: 1, first_token_delay: '1ms', token_delay: '0ms' });
  const first = await run(mock, '--open', '40:1s', '--arrivals', 'poisson', '--slo', 'turn<5s');
  writeFileSync(file, JSON.stringify(first.figures.scenario));
  const again = JSON.parse((await bench('run', '--scenario', file, '--json', '-')).stdout);
  assert.equal(again.schedule, first.figures.schedule);
  assert.deepEqual(again.scenario, first.figures.scenario);
  assert.equal(again.good, again.finished);
});

test('an interrupted run tells what it has', async (t) => {
  const mock = await Mock.start(t, { tokens: 2, first_token_delay: '5ms', token_delay: '1ms' });
  const folder = folder_of(t);
  const file = path.join(folder, 'figures.json');
  const running = new Program(parlance_bench, ['run', '--url', mock.url, '--surface', 'openai', '--agent', 'm', '--open', '50', '--time', '60s', '--json', file]);
  t.after(() => running.stop());
  await elapse(1_500);
  running.signal('SIGINT');
  const { code } = await running.ended;
  const figures = JSON.parse(readFileSync(file, 'utf8'));
  assert.ok([0, 3].includes(code), `exit code ${code}`);
  assert.ok(figures.finished > 20 && figures.sent === figures.finished, JSON.stringify([figures.sent, figures.finished]));
});

test('exit codes say what happened', async (t) => {
  const mock = await Mock.start(t, { tokens: 1, first_token_delay: '1ms', token_delay: '0ms' });
  assert.equal((await bench('run', '--wrong')).code, 2);
  assert.equal((await run(mock, '--turns', '20', '--clients', '2', '--expect', 'failed==0')).code, 0);
  assert.equal((await run(mock, '--turns', '20', '--clients', '2', '--expect', 'failed==1')).code, 1);
  assert.equal((await run(mock, '--turns', '20', '--clients', '2', '--expect', 'gap.p50<1s')).code, 1);
});
