// The suites of parlance-bench in their short form: each passes on Parlance, and each of their checks turns red on a
// server or a provider that breaks what it asks for. The checks themselves are never changed. A few mutants run always,
// all of them with MUTANTS=1 (scripts/soak mutants).

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { parlance, parlance_bench, parlance_debug, run as run_program } from './support/program.mjs';

// A folder for each agent: by its name, as the configuration wants it.
function write_agents(folder, agents) {
  const folders = {};
  for (const [name, agent] of Object.entries(agents)) {
    folders[name] = path.join(folder, name);
    mkdirSync(folders[name]);
    writeFileSync(path.join(folders[name], 'agent.json'), JSON.stringify(agent));
  }
  return { agents: folders };
}

async function suite(t, name, { server = parlance, configuration, agents, mock = {}, failpoints = '', time } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-suite-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'result.json');
  const args = ['suite', name, '--server', server, '--json', file, '--html', path.join(folder, 'result.html')];
  const changes = { ...configuration, ...(agents && write_agents(folder, agents)) };
  args.push('--configuration', JSON.stringify(changes), '--mock', JSON.stringify(mock));
  if (time) args.push('--time', time);
  const env = failpoints ? { PARLANCE_FAILPOINTS: failpoints } : {};
  const { code, stdout, stderr } = await run_program(parlance_bench, args, { env });
  assert.match(stdout, new RegExp(`^suite ${name}: `, 'm'), stdout + stderr);
  return { code, stdout, ...JSON.parse(readFileSync(file, 'utf8')) };
}

const lane = (changes) => ({ models: { main: [{ provider: 'mock', model: 'mock-1', adapts: false, ...changes }] } });
const speaker = (tokens_out_max) => ({
  start: 'answer',
  limits: { tokens_out_max },
  nodes: { answer: { kind: 'generate', role: 'main' } },
});
const boundless = lane({ calls_at_once_max: 1_000, calls_waiting_max: 1_000 });
// A stalled reader costs memory and a place for as long as it likes.
const patient = { write_time_max: '1h', stream_buffer_max: '64MiB', drain_time: '100ms' };
const calls_that_last = { providers: { mock: { first_token_time_max: '1h' } }, http: { drain_time: '100ms' } };

// Of each suite: what breaks it (settings of the server, of the mock, failpoints of the debug build), and the checks that
// have to see it, by their figures. Under a sanitizer times and memory are red without a mutant: those of its build stand
// for other checks alone.
const mutants = {
  backpressure: {
    'a thread without a bound': [
      { configuration: { threads: { turns_waiting_max: 16 } }, time: '2s' },
      ['one_thread.finished'],
    ],
    'a queue without a bound': [
      { configuration: lane({ calls_at_once_max: 40, calls_waiting_max: 10_000 }), time: '2s' },
      ['server.calls_waiting.max', 'refused.of_predicted', 'recovered.slower'],
    ],
    'more slots than there are': [
      { configuration: lane({ calls_at_once_max: 80, calls_waiting_max: 32 }), time: '2s' },
      ['mock.at_once_max'],
    ],
    'fewer slots than there are': [
      { configuration: lane({ calls_at_once_max: 20, calls_waiting_max: 32 }), time: '2s' },
      ['goodput.share'],
    ],
    'a budget that is used up refuses without advice': [
      {
        configuration: {
          prices: { version: 'suite', models: { 'mock-1': { input: '1', output: '1' } } },
          budgets: { tenant: { total: { tokens_max: 60 } } },
        },
        time: '2s',
      },
      ['rush.with_retry_after.share', 'one_thread.with_retry_after.share', 'recovered.refused'],
    ],
    'a pool that takes its time to refuse': [
      { server: parlance_debug, failpoints: 'llm_pool.ask=sleep(10)@1+', time: '2s' },
      ['rush.refusal.p50'],
    ],
    'a provider that breaks off now and then': [
      { mock: { fault: 'cut', fault_share: 0.1 }, time: '2s' },
      ['executed_in_vain', 'rush.failed'],
    ],
    'answers that are not those to the question': [
      { mock: { fault: 'foreign', fault_share: 0.1 }, time: '2s' },
      ['rush.wrong_answers'],
    ],
    'long answers, as many at once as are asked for': [
      { configuration: boundless, mock: { tokens: 20_000 }, time: '2s' },
      ['memory.rise_mib'],
    ],
    'calls that keep their slots': [
      { configuration: calls_that_last, mock: { fault: 'hang', fault_share: 0.3 }, time: '2s' },
      ['server.end.calls_running', 'server.end.turns_inside'],
    ],
  },
  faults: {
    'half an answer that ends like a whole one': [
      { mock: { fault: 'brief' }, time: '200ms' },
      ['faults.wrong_answers', 'faults.told'],
    ],
    'a provider that does not say what it costs': [
      { mock: { fault: 'no_usage' }, time: '200ms' },
      ['money.difference'],
    ],
    'one that breaks off whatever it is told to do': [
      { mock: { fault: 'garbage', fault_share: 0.5, fault_count_max: 3 }, time: '200ms' },
      ['fault_429.failed', 'fault_500.failed', 'fault_slow.failed'],
    ],
    'one that throttles for ever, which opens no breaker': [
      { mock: { fault: '429', fault_share: 1, fault_model: 'mock-2' }, time: '200ms' },
      ['down.calls', 'back.finished.share'],
    ],
    'one that holds on to what it is asked': [
      {
        configuration: calls_that_last,
        mock: { fault: 'hang', fault_share: 0.1, fault_model: 'mock-2' },
        time: '200ms',
      },
      ['server.end.calls_running', 'server.end.turns_inside', 'mock.at_once'],
    ],
  },
  clients: {
    'a server that waits for everybody': [
      { configuration: { http: { header_time_max: '5m', idle_time_max: '1h', drain_time: '100ms' } }, time: '3s' },
      ['sent_away.silent', 'sent_away.half_head', 'sent_away.slow_sender', 'sockets.kept'],
    ],
    'a server that reads whatever it is sent': [
      { configuration: { http: { headers_max: '64KiB' } }, time: '3s' },
      ['sent_away.giant_head'],
    ],
    'a server that keeps all that is not read': [
      {
        configuration: { http: patient },
        agents: { chat: speaker(100_000) },
        mock: { tokens: 35_000, token_delay: '0ms' },
        time: '5s',
      },
      ['server.end.streams_cut', 'server.end.streams_open', 'memory.rise_mib'],
    ],
    'people who need the slots that the crowd holds': [
      {
        configuration: { ...lane({ calls_at_once_max: 20, calls_waiting_max: 1_000 }), http: patient },
        agents: { echo: speaker(5) },
        mock: { token_delay: '2ms' },
        time: '3s',
      },
      ['crowded.slower'],
    ],
    'a server with room for a few': [
      { configuration: { http: { connections_max: 60 } }, time: '3s' },
      ['crowded.refused'],
    ],
    'threads that are gone before their next turn': [
      { configuration: { storage: { thread_ttl: '1ms' } }, time: '3s' },
      ['crowded.failed'],
    ],
    'answers that are there before anybody can leave': [
      { mock: { tokens: 5, token_delay: '0ms', first_token_delay: '0ms' }, time: '3s' },
      ['mock.closed_by_client'],
    ],
    'calls that nobody ends': [
      { configuration: { http: patient }, mock: { fault: 'hang' }, time: '3s' },
      ['server.end.calls_running', 'server.end.turns_inside'],
    ],
  },
  chaos: {
    'a journal that is not synced, and a power cut': [
      { server: parlance_debug, failpoints: 'storage.unsynced_in_memory=fire@1+,mutant.skip_sync=fire@1+' },
      ['acknowledged.lost'],
    ],
    'a server that forgets which requests it has had, and is slow to say so': [
      { server: parlance_debug, failpoints: 'mutant.forget_key=fire@1+,journal.after_write=sleep(100)@1+' },
      ['acknowledged.repeated'],
    ],
    'half an answer that ends like a whole one': [
      { mock: { fault: 'brief', fault_share: 0.2 }, time: '4s' },
      ['storm.wrong_answers'],
    ],
    'a provider that breaks off': [{ mock: { fault: 'garbage', fault_share: 0.2 }, time: '4s' }, ['storm.failed']],
    'answers that are too short to be cut': [
      { mock: { tokens: 1, first_token_delay: '0ms', token_delay: '0ms' }, time: '4s' },
      ['streams.resumed'],
    ],
    'a lane for one': [
      { configuration: lane({ calls_at_once_max: 1, calls_waiting_max: 0 }), time: '4s' },
      ['storm.refused'],
    ],
    'calls that outlast a deployment': [
      { configuration: { http: { drain_time: '1m' } }, mock: { first_token_delay: '5s' }, time: '4s' },
      ['deployment.went_by_itself'],
    ],
    'calls that nobody ends': [
      { configuration: calls_that_last, mock: { fault: 'hang', fault_share: 0.3 }, time: '2s' },
      ['server.end.turns_inside', 'server.end.calls_running'],
    ],
  },
  soak: {
    'threads and writes that never leave memory': [
      {
        configuration: {
          threads: { idle_time_max: '1h', resident_max: 100_000 },
          storage: { memtable_max: '256MiB' },
        },
      },
      ['memory.growth_mib_least', 'server.threads_resident.max', 'server.end.threads_resident'],
    ],
    'a provider that holds on to what it is asked': [
      { configuration: calls_that_last, mock: { fault: 'hang', fault_share: 0.2 }, time: '6s' },
      ['server.end.calls_running', 'server.end.turns_inside', 'mock.at_once', 'sockets.kept'],
    ],
    'one that often breaks off, and one that ends too early': [
      { mock: { fault: 'garbage,brief', fault_share: 0.4 }, time: '5s' },
      ['soak.failed.share', 'soak.wrong_answers'],
    ],
  },
};

// Some seconds each.
const always = ['a server with room for a few', 'a server that reads whatever it is sent', 'a lane for one'];

// What a busy machine may miss: held where all mutants run, on a quiet one.
const timed = process.env.MUTANTS ? [] : ['rush.refusal.p50', 'recovered.slower', 'crowded.slower'];

for (const [name, list] of Object.entries(mutants)) {
  test(`suite ${name}`, async (t) => {
    const { checks, ...whole } = await suite(t, name);
    // 3: another program on the machine made the generator late, and counts are right all the same.
    await t.test('passes on Parlance', () => {
      const red = checks.filter(({ held }) => !held);
      assert.deepEqual(red.filter(({ figure }) => !timed.includes(figure)), [], whole.stdout);
      assert.ok([0, 3, ...(red.length > 0 ? [1] : [])].includes(whole.code), whole.stdout);
    });
    await t.test('has a mutant for each of its checks', () => {
      const seen = Object.values(list).flatMap(([, figures]) => figures);
      assert.deepEqual(new Set(seen), new Set(checks.map(({ figure }) => figure)));
    });
    await t.test('sees each mutant', { concurrency: 2 }, async (every) => {
      await Promise.all(
        Object.entries(list).map(([mutant, [changes, figures]]) => {
          const skip = process.env.MUTANTS || always.includes(mutant) ? false : 'minutes: scripts/soak mutants';
          return every.test(mutant, { skip }, async (each) => {
            const found = await suite(each, name, changes);
            const red = found.checks.filter(({ held }) => !held);
            const integrity = red.some((check) => check.integrity);
            assert.ok(integrity ? found.code === 5 : [1, 3].includes(found.code), `exit code ${found.code}\n${found.stdout}`);
            for (const figure of figures) assert.ok(red.some((check) => check.figure === figure), `${figure}\n${found.stdout}`);
          });
        }),
      );
    });
  });
}
