// The comparison with other servers (scripts/bench-peers): its page says what was measured, and it runs. What has to be
// installed for the other servers is not needed here.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { bare_path, bare_server } from '../../bench/peers/servers/bare.mjs';
import { parlance } from '../../bench/peers/servers/parlance.mjs';
import { render } from '../../bench/peers/render.mjs';
import { scenarios } from '../../bench/peers/scenarios/all.mjs';
import { call, Mock, root, run } from './harness.mjs';

const peer = (name) => ({ name, title: name.toUpperCase(), settings: `${name} as it comes`, durable: 'all' });

const scenario = {
  name: 'turns',
  title: 'Turns',
  timed: true,
  text: 'What was done.',
  peers: [peer('ours'), peer('theirs'), peer('broken')],
  columns: [
    { figure: 'per_second', title: 'turns/s' },
    { figure: 'p50_ms', title: 'p50 ms', digits: 1 },
  ],
  bounds: [
    { text: 'ours to theirs', least: 10, of: (m) => m('ours', 'per_second') / m('theirs', 'per_second') },
    { text: 'ours, p50', most: 2, of: (m) => m('ours', 'p50_ms') },
    { text: 'to what is broken', least: 1, of: (m) => m('ours', 'per_second') / m('broken', 'per_second') },
  ],
};

const figures = (per_second, p50_ms, generator_limited = false) => ({ per_second, p50_ms, generator_limited });
const broken = { error: 'its answers are not right\nand more' };

const results_with = (load_average) => ({
  machine: { processor: 'a processor', cores: 2, memory_gib: 4, system: 'a system', node: 'v22' },
  versions: { ours: '1.0', theirs: '2.0' },
  scenarios: {
    turns: {
      conditions: { at: '2000-01-01T00:00', commit: 'abc', load_average, synced_write_ms: 0.1 },
      settings: { seconds: 5, warm_up_seconds: 2 },
      runs: [
        { figures: { ours: figures(12_000, 3, true), theirs: figures(1_000, 30), broken } },
        { figures: { ours: figures(11_000, 4), theirs: figures(900, 31), broken } },
        { figures: { ours: figures(10_000, 5), theirs: figures(1_100, 30), broken } },
      ],
    },
  },
});

test('the page has medians and spreads, and judges ratios by the bounds', () => {
  const page = render(results_with(0.2), [scenario]);
  const has = (line) => assert.ok(page.includes(`${line}\n`), `${line}\nis not in\n${page}`);
  has('| OURS | ≥ 11,000 (10,000 to 12,000) | 4.0 (3.0 to 5.0) |'); // the generator was the bottleneck once
  has('| THEIRS | 1,000 (900 to 1,100) | 30.0 (30.0 to 31.0) |');
  has('| BROKEN | – | – |');
  has('| Turns: ours to theirs | 11 | ≥ 10 | yes |');
  has('| Turns: ours, p50 | 4 | ≤ 2 | **no** |');
  has('| Turns: to what is broken | not measured | ≥ 1 | **no** |'); // what was not measured does not hold
  has('- BROKEN, run 1: not measured. its answers are not right');
  has('| THEIRS | 2.0 | theirs as it comes | all |');
  assert.match(page, /3 runs, 5 s each after 2 s to warm up; 2000-01-01T00:00 UTC, commit abc/);
  assert.ok(!page.includes('undefined') && !page.includes('NaN'), page);
});

test('the page says when the machine was not quiet', () => {
  assert.match(render(results_with(0.9), [scenario]), /The machine was quiet/);
  assert.match(render(results_with(1.1), [scenario]), /\*\*Provisional: other programs were at work\.\*\*/);
});

test('docs/benchmarks.md is what its results say', () => {
  const read = (file) => readFileSync(path.join(root, file), 'utf8');
  assert.equal(read('docs/benchmarks.md'), render(JSON.parse(read('bench/peers/results.json')), scenarios));
});

// The answer to the second turn of a thread, without its ids: they differ, and have the same length.
async function second_turn(peer) {
  const post = (route, body) => call(peer.url + route, { method: 'POST', body, headers: peer.headers });
  const { thread_id } = (await post('/threads', {})).json;
  const turn = (content) => post(`/threads/${thread_id}/runs/wait`, { assistant_id: 'echo', input: { messages: [{ role: 'user', content }] } });
  await turn('hello 1');
  const { status, text, headers } = await turn('hello 2');
  return { status, text: text.replaceAll(/"id":"[^"]*"/g, '"id":""'), bytes: headers['content-length'] };
}

test('the bare server answers echo as Parlance does, with and without a journal', async (t) => {
  const mock = await Mock.start(t);
  const answers = [];
  for (const definition of [parlance, bare_path, bare_server]) {
    const started = await definition.start({ mock });
    t.after(() => started.close());
    answers.push(await second_turn(started));
  }
  const [ours, path_answer, server_answer] = answers;
  assert.equal(ours.status, 200);
  assert.equal(server_answer.text, ours.text);
  for (const { status, bytes, text } of [path_answer, server_answer]) {
    assert.deepEqual({ status, bytes, messages: JSON.parse(text) }, { status: 200, bytes: ours.bytes, messages: JSON.parse(ours.text) });
  }
});

test('the comparison runs, and writes its results and its page', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-peers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [results, document] = ['results.json', 'benchmarks.md'].map((name) => path.join(folder, name));
  const files = ['--results', results, '--document', document];
  const wanted = ['--only', 'echo', '--peers', 'parlance,bare_server', '--runs', '1', '--seconds', '1', '--warm-up-seconds', '1'];
  const main = path.join(root, 'bench/peers/main.mjs');
  const end = await run(process.execPath, [main, ...files, ...wanted], { ms: 60_000 });
  assert.equal(end.code, 0, `${end.stdout}\n${end.stderr}`);
  const [measured] = JSON.parse(readFileSync(results, 'utf8')).scenarios.echo.runs;
  assert.deepEqual(Object.keys(measured.figures).sort(), ['bare_server', 'parlance']);
  for (const { per_second, cpu_us, not_right } of Object.values(measured.figures)) {
    assert.ok(per_second > 0 && cpu_us > 0 && not_right === 0, JSON.stringify(measured));
  }
  const page = readFileSync(document, 'utf8');
  assert.match(page, /\| Parlance \| [\d,≥ ]+ \|/);
  assert.equal((await run(process.execPath, [main, ...files, '--write-only'])).code, 0);
  assert.equal(readFileSync(document, 'utf8'), page);
  assert.equal((await run(process.execPath, [main, ...files, '--only', 'nothing'])).code, 1);
});
