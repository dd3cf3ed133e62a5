// A thousand turns at once against eight slots: none is lost, none waits in vain, memory stays.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, configuration_with, load, Mock, parlance_debug, Server, until, works } from './harness.mjs';

const MiB = 1024 * 1024;

// A burst, and what holds for every one of them. Another program on the machine can only make a refusal slower, so its
// time is that of the best of three bursts; counts have to hold each time.
async function check_bursts(t, server, args, { reject_time_max }) {
  const before = server.memory().resident;
  let figures;
  for (let burst = 1; burst <= 3; burst += 1) {
    figures = await load(server, [...args, '--burst', 1000, '--mode', 'wait']);
    check_counts(t, figures);
    check_memory(t, server.memory().resident_max - before);
    if (figures.ms.refusal.max <= reject_time_max) return figures;
    await until('all slots are free', async () => (await server.metrics()).sum('parlance_pool_running') === 0);
  }
  assert.fail(`a refusal took ${figures.ms.refusal.max} ms in the third burst as well`);
}

function check_counts(t, figures) {
  const { sent, finished, refused, failed } = figures;
  t.diagnostic(
    `sent ${sent}, finished ${finished}, refused ${refused}, failed ${failed}; slowest refusal ` +
      `${figures.ms.refusal.max.toFixed(0)} ms`,
  );
  assert.equal(sent, 1000);
  assert.equal(finished + refused, 1000, figures.printed);
  assert.equal(figures.wrong_answers, 0);
  for (const status of Object.keys(figures.errors_by_status)) assert.match(status, /^(429|503)$/);
  assert.equal(figures.with_retry_after, refused);
}

function check_memory(t, memory_rise) {
  t.diagnostic(`memory rose by ${(memory_rise / MiB).toFixed(1)} MiB`);
  assert.ok(memory_rise <= 64 * MiB, `memory rose by ${memory_rise / MiB} MiB`);
}

for (const [surface, args] of [
  ['langgraph', ['--surface', 'langgraph']],
  ['openai', ['--surface', 'openai', '--turns-per-thread', 0]],
]) {
  test(`a burst of 1,000 turns never becomes more than 8 provider calls (${surface})`, async (t) => {
    const mock = await Mock.start(t, { tokens: 4, first_token_delay: '200ms', token_delay: '0ms' });
    const server = await Server.start(t, {
      configuration: configuration_with(mock, {
        models: { main: [{ provider: 'upstream', model: 'mock-1', calls_at_once_max: 8, adapts: false, calls_waiting_max: 64 }] },
      }),
    });
    await works(server);
    const figures = await check_bursts(t, server, [...args, '--agent', 'chat'], { reject_time_max: 250 });

    const stats = await mock.stats();
    assert.ok(stats.at_once_max <= 8, `the provider saw ${stats.at_once_max} at once`);
    assert.ok(figures.finished >= 8 + 64, `only ${figures.finished} finished`);
    const metrics = await server.metrics();
    assert.ok(metrics.sum('parlance_pool_running_max', { pool: 'llm' }) <= 8);
    await until('all slots are free', async () => (await server.metrics()).sum('parlance_pool_running', { pool: 'llm' }) === 0);
    await works(server);
  });
}

const library = ['--surface', 'langgraph', '--agent', 'library', '--text', 'What is a lane?'];

test('a burst of 1,000 turns is bounded by the retriever in the same way', async (t) => {
  const server = await Server.start(t, {
    configuration: configuration({ retriever: { searches_at_once_max: 1, searches_waiting_max: 64 } }),
  });
  await works(server);
  await check_bursts(t, server, library, { reject_time_max: 250 });
  const metrics = await server.metrics();
  assert.equal(metrics.sum('parlance_pool_running_max', { pool: 'retriever' }), 1);
  assert.ok(metrics.sum('parlance_turns_refused_total', { code: 'retriever_queue_full' }) > 0);
  await works(server);
});

// The build with failpoints computes several times as long as what ships, and keeps what it frees: here counts hold, not
// times and memory. The offline model has room for all, so that the retriever alone is short of it.
test('slow searches fill the retriever to its bound, and no further', async (t) => {
  const server = await Server.start(t, {
    binary: parlance_debug,
    failpoints: 'retriever.search=sleep(200)@1+',
    configuration: configuration({
      retriever: { searches_at_once_max: 8, searches_waiting_max: 64 },
      models: { main: [{ provider: 'local', model: 'extractive', calls_at_once_max: 8, adapts: false, calls_waiting_max: 1000 }] },
    }),
  });
  await works(server);
  const figures = await load(server, [...library, '--burst', 1000, '--mode', 'wait']);
  check_counts(t, figures);
  const metrics = await server.metrics();
  assert.equal(metrics.sum('parlance_pool_running_max', { pool: 'retriever' }), 8);
  assert.ok(metrics.sum('parlance_turns_refused_total', { code: 'retriever_queue_full' }) > 0);
  await works(server);
});
