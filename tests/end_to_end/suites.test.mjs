// The suites of parlance-bench in their short form: each passes on Parlance, and each of their checks turns red on a
// server or a provider that breaks what it asks for. The checks themselves are never changed. The mutants run with
// MUTANTS=1 (scripts/soak mutants).

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { parlance, parlance_bench, parlance_debug, run as run_program } from './support/program.mjs';

async function suite(t, name, { server = parlance, configuration = {}, mock = {}, failpoints = '', time } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-suite-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'result.json');
  const args = ['suite', name, '--server', server, '--json', file, '--html', path.join(folder, 'result.html')];
  args.push('--configuration', JSON.stringify(configuration), '--mock', JSON.stringify(mock));
  if (time) args.push('--time', time);
  const env = failpoints ? { PARLANCE_FAILPOINTS: failpoints } : {};
  const { code, stdout, stderr } = await run_program(parlance_bench, args, { env });
  assert.match(stdout, new RegExp(`^suite ${name}: `, 'm'), stdout + stderr);
  return { code, stdout, ...JSON.parse(readFileSync(file, 'utf8')) };
}

const lane = (changes) => ({ models: { main: [{ provider: 'mock', model: 'mock-1', adapts: false, ...changes }] } });

// Of each suite: what breaks it (settings of the server, of the mock, failpoints of the debug build), and the checks that
// have to see it, by their figures.
const mutants = {
  backpressure: {
    'a thread without a bound': [{ configuration: { threads: { turns_waiting_max: 1_000 } } }, ['one_thread.finished']],
    'a queue without a bound': [
      { configuration: lane({ calls_at_once_max: 32, calls_waiting_max: 10_000 }) },
      ['server.calls_waiting.max', 'refused.of_predicted', 'rush.refusal.p50', 'recovered.slower'],
    ],
    'more slots than there are': [{ configuration: lane({ calls_at_once_max: 64, calls_waiting_max: 32 }) }, ['mock.at_once_max']],
    'a budget that is used up refuses without advice': [
      {
        configuration: {
          prices: { version: 'suite', models: { 'mock-1': { input: '1', output: '1' } } },
          budgets: { tenant: { total: { tokens_max: 60 } } },
        },
      },
      ['rush.with_retry_after.share', 'one_thread.with_retry_after.share', 'recovered.refused'],
    ],
    'a provider at half its speed': [{ mock: { first_token_delay: '1600ms' } }, ['goodput.share']],
    'a provider that breaks off more often than not': [
      { mock: { fault: 'garbage', fault_share: 0.6 } },
      ['executed_in_vain', 'rush.failed'],
    ],
    'answers that are not those to the question': [{ mock: { fault: 'foreign', fault_share: 0.1 } }, ['rush.wrong_answers']],
    'answers without an end': [{ mock: { tokens: 100_000 } }, ['memory.rise_mib']],
    'calls that keep their slots': [{ mock: { fault: 'hang', fault_share: 0.05 } }, ['server.end.calls_running', 'server.end.turns_inside']],
  },
  faults: {
    'half an answer that ends like a whole one': [{ mock: { fault: 'brief' } }, ['faults.wrong_answers']],
    'a provider that does not say what it costs': [{ mock: { fault: 'no_usage' } }, ['money.difference', 'faults.told']],
    'one that breaks off whatever it is told to do': [
      { mock: { fault: 'garbage' } },
      ['fault_429.failed', 'fault_500.failed', 'fault_slow.failed'],
    ],
    'one that throttles for ever, which opens no breaker': [
      { mock: { fault: '429', fault_share: 1, fault_model: '' } },
      ['down.calls', 'back.finished.share'],
    ],
    'one that holds on to what it is asked': [
      {
        configuration: { providers: { mock: { first_token_time_max: '1m' } } },
        mock: { fault: 'hang', fault_share: 0.1, fault_model: '' },
      },
      ['server.end.calls_running', 'server.end.turns_inside', 'mock.at_once'],
    ],
  },
  clients: {
    'a server that waits for everybody': [
      { configuration: { http: { header_time_max: '5m', idle_time_max: '1h', headers_max: '1MiB' } } },
      ['sent_away.silent', 'sent_away.half_head', 'sent_away.slow_sender', 'sent_away.giant_head', 'sockets.kept'],
    ],
    'a server that keeps all that is not read': [
      { configuration: { http: { write_time_max: '1h', stream_buffer_max: '64MiB' } } },
      ['server.end.streams_cut', 'server.end.streams_open', 'memory.rise_mib'],
    ],
    'a server with room for a few': [{ configuration: { http: { connections_max: 60 } } }, ['crowded.refused']],
    'answers that are there before anybody can leave': [
      { mock: { tokens: 5, token_delay: '0ms', first_token_delay: '0ms' } },
      ['mock.closed_by_client'],
    ],
    'answers without an end, as fast as they can': [{ mock: { tokens: 100_000, token_delay: '0ms' } }, ['crowded.slower']],
    'calls that nobody ends': [
      {
        configuration: { http: { write_time_max: '1h', stream_buffer_max: '64MiB' } },
        mock: { fault: 'hang' },
      },
      ['server.end.calls_running', 'server.end.turns_inside'],
    ],
  },
  chaos: {
    'a journal that is not synced, and a power cut': [
      { server: parlance_debug, failpoints: 'storage.unsynced_in_memory=fire@1+,mutant.skip_sync=fire@1+' },
      ['acknowledged.lost'],
    ],
    'half an answer that ends like a whole one': [{ mock: { fault: 'brief', fault_share: 0.2 } }, ['storm.wrong_answers']],
    'a provider that breaks off': [{ mock: { fault: 'garbage', fault_share: 0.2 } }, ['storm.failed']],
    'answers that are too short to be cut': [
      { mock: { tokens: 1, first_token_delay: '0ms', token_delay: '0ms' } },
      ['streams.resumed'],
    ],
    'a lane for one': [{ configuration: lane({ calls_at_once_max: 1, calls_waiting_max: 0 }) }, ['storm.refused']],
    'calls that outlast a deployment': [
      { configuration: { http: { drain_time: '1m' } }, mock: { fault: 'hang', fault_share: 0.3 } },
      ['deployment.went_by_itself', 'server.end.turns_inside', 'server.end.calls_running'],
    ],
  },
  soak: {
    'threads that never leave': [
      { configuration: { threads: { idle_time_max: '1h', resident_max: 100_000 } } },
      ['memory.growth_mib_least', 'server.threads_resident.max', 'server.end.threads_resident'],
    ],
    'a provider that holds on to what it is asked': [
      {
        configuration: { providers: { mock: { first_token_time_max: '1h' } } },
        mock: { fault: 'hang', fault_share: 0.1 },
        time: '8s',
      },
      ['server.end.calls_running', 'server.end.turns_inside', 'mock.at_once', 'sockets.kept'],
    ],
    'one that often breaks off, and one that ends too early': [
      { mock: { fault: 'garbage,brief', fault_share: 0.4 }, time: '5s' },
      ['soak.failed.share', 'soak.wrong_answers'],
    ],
  },
};

// What a busy machine may miss: held where the mutants run, on a quiet one.
const timed = process.env.MUTANTS ? [] : ['goodput.share', 'rush.refusal.p50', 'recovered.slower', 'crowded.slower'];

for (const [name, list] of Object.entries(mutants)) {
  test(`suite ${name}`, async (t) => {
    const { checks, ...whole } = await suite(t, name);
    // 3: another program on the machine made the generator late, and counts are right all the same.
    await t.test('passes on Parlance', () => {
      const red = checks.filter(({ held }) => !held);
      assert.deepEqual(red.filter(({ figure }) => !timed.includes(figure)), [], whole.stdout);
      assert.ok([0, 3, ...(red.length > 0 ? [1] : [])].includes(whole.code), whole.stdout);
    });
    const skip = process.env.MUTANTS ? false : 'minutes: scripts/soak mutants';
    await t.test('has a mutant for each of its checks', { skip }, () => {
      const seen = Object.values(list).flatMap(([, figures]) => figures);
      assert.deepEqual(checks.map(({ figure }) => figure).filter((figure) => !seen.includes(figure)), []);
    });
    await t.test('sees each mutant', { concurrency: 2, skip }, async (every) => {
      await Promise.all(
        Object.entries(list).map(([mutant, [changes, figures]]) =>
          every.test(mutant, async (each) => {
            const found = await suite(each, name, changes);
            const red = found.checks.filter(({ held }) => !held);
            const integrity = red.some((check) => check.integrity);
            assert.ok(integrity ? found.code === 5 : [1, 3].includes(found.code), `exit code ${found.code}\n${found.stdout}`);
            for (const figure of figures) assert.ok(red.some((check) => check.figure === figure), `${figure}\n${found.stdout}`);
          }),
        ),
      );
    });
  });
}
