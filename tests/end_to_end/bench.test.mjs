// parlance-bench as people run it: what it measures, and when it does not believe itself.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { Mock } from './harness.mjs';
import { close_browser, new_page } from './support/browser.mjs';
import { parlance, parlance_bench, Program, root, run as run_program } from './support/program.mjs';
import { elapse } from './support/wait.mjs';

test.after(close_browser);

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

test('a report is a page, a table, a test report and figures of the published schema', async (t) => {
  const mock = await Mock.start(t, { tokens: 4, first_token_delay: '20ms', token_delay: '5ms', slots: 4, queue: 4, fault: '500', fault_share: 0.05 });
  const folder = folder_of(t);
  const file = (name) => path.join(folder, name);
  const text = '</script><b>not a page</b> {n}';
  const wanted = ['--html', file('report.html'), '--json', file('report.json'), '--csv', file('report.csv'), '--junit', file('report.xml')];
  const load = ['--open', '200:2s', '--arrivals', 'poisson', '--mode', 'stream', '--slo', 'first_text<1s', '--expect', 'sent>0', '--expect', 'failed<0', '--text', text];
  const { code, stderr } = await bench('run', '--url', mock.url, '--surface', 'openai', '--agent', 'm', ...load, ...wanted);
  assert.ok([1, 3].includes(code), stderr);
  const figures = JSON.parse(readFileSync(file('report.json'), 'utf8'));
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(path.join(root, 'docs/bench-report.schema.json'), 'utf8')));
  assert.ok(validate(figures), JSON.stringify(validate.errors));
  assert.equal(figures.timeline.reduce((sum, { finished }) => sum + finished, 0), figures.finished);
  assert.equal(readFileSync(file('report.csv'), 'utf8').trim().split('\n').length, figures.timeline.length + 1);
  const junit = readFileSync(file('report.xml'), 'utf8');
  assert.match(junit, /tests="3" failures="[12]"/);
  assert.match(junit, /name="failed&lt;0"><failure/);

  const page = await new_page({ offline: true });
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => request.url().startsWith('file:') || troubles.push(request.url()));
  await page.goto(`file://${file('report.html')}`);
  assert.deepEqual(troubles, []);
  assert.ok((await page.locator('canvas').count()) >= 3);
  assert.equal(await page.locator('.verdict.bad').last().textContent(), '1 of 2 expectations do not hold');
  assert.match(await page.locator('main').innerText(), /not a page/);
  assert.equal(await page.locator('b', { hasText: 'not a page' }).count(), 0);
});

test('the demo needs nothing, loses nothing, and leaves a report', async (t) => {
  const file = path.join(folder_of(t), 'demo.html');
  const started = performance.now();
  const { code, stdout, stderr } = await run_program(parlance_bench, ['demo', '--server', parlance, '--html', file]);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.ok(performance.now() - started < 30_000);
  assert.match(stdout, /\+ failed +0\n/);
  assert.match(stderr, /at once .* turns\/s/); // no terminal: plain lines
  assert.ok(!stderr.includes('\x1b'));
  const page = await new_page({ offline: true });
  await page.goto(`file://${file}`);
  assert.ok((await page.locator('canvas').count()) >= 3);
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

test('a slower server is a regression, the same one is none, and other loads cannot be compared', async (t) => {
  const base = await Mock.start(t, { tokens: 2, first_token_delay: '20ms', token_delay: '1ms' });
  const changed = await Mock.start(t, { tokens: 2, first_token_delay: '40ms', token_delay: '1ms' });
  const load = ['--surface', 'openai', '--agent', 'm', '--turns', '100', '--clients', '4', '--rounds', '3'];
  const slower = await bench('compare', '--url', base.url, '--changed-url', changed.url, ...load);
  assert.equal(slower.code, 4, slower.stdout + slower.stderr);
  assert.match(slower.stdout, /turn p50 .* WORSE/);
  const same = await bench('compare', '--url', base.url, '--changed-url', base.url, '--noise', '0.5', ...load);
  assert.equal(same.code, 0, same.stdout + same.stderr);
  const folder = folder_of(t);
  const file = async (name, clients) => {
    await bench('run', '--url', base.url, '--surface', 'openai', '--agent', 'm', '--turns', '20', '--clients', clients, '--json', path.join(folder, name));
    return path.join(folder, name);
  };
  const files = ['--base', await file('1', '2'), '--base', await file('2', '2'), '--changed', await file('3', '2')];
  const other = await bench('compare', ...files, '--changed', await file('4', '3'));
  assert.equal(other.code, 3, other.stdout);
  assert.match(other.stderr, /their loads differ/);
});

test('exit codes say what happened', async (t) => {
  const mock = await Mock.start(t, { tokens: 1, first_token_delay: '1ms', token_delay: '0ms' });
  assert.equal((await bench('run', '--wrong')).code, 2);
  assert.equal((await run(mock, '--turns', '20', '--clients', '2', '--expect', 'failed==0')).code, 0);
  assert.equal((await run(mock, '--turns', '20', '--clients', '2', '--expect', 'failed==1')).code, 1);
  assert.equal((await run(mock, '--turns', '20', '--clients', '2', '--expect', 'gap.p50<1s')).code, 1);
});
