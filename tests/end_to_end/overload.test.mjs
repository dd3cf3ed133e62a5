// A thousand turns at once against eight slots: none is lost, none waits in vain, memory stays.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, configuration_with, load, Mock, parlance_debug, Server, until, works } from './harness.mjs';

const MiB = 1024 * 1024;

// What holds for every burst; says what was measured.
function check_burst(t, figures, memory_rise, { reject_time_max }) {
  const { sent, finished, refused, failed } = figures;
  t.diagnostic(
    `sent ${sent}, finished ${finished}, refused ${refused}, failed ${failed}; slowest refusal ` +
      `${figures.ms.refusal.max.toFixed(0)} ms; memory rose by ${(memory_rise / MiB).toFixed(1)} MiB`,
  );
  assert.equal(sent, 1000);
  assert.equal(finished + refused, 1000, figures.printed);
  assert.equal(figures.wrong_answers, 0);
  for (const status of Object.keys(figures.errors_by_status)) assert.match(status, /^(429|503)$/);
  assert.equal(figures.with_retry_after, refused);
  assert.ok(figures.ms.refusal.max <= reject_time_max, `a refusal took ${figures.ms.refusal.max} ms`);
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
        models: { main: [{ provider: 'upstream', model: 'mock-1', calls_at_once_max: 8, calls_waiting_max: 64 }] },
      }),
    });
    await works(server);
    const before = server.memory().resident;
    const figures = await load(server, [...args, '--agent', 'chat', '--burst', 1000, '--mode', 'wait']);
    const rise = server.memory().resident_max - before;

    const stats = await mock.stats();
    assert.ok(stats.at_once_max <= 8, `the provider saw ${stats.at_once_max} at once`);
    check_burst(t, figures, rise, { reject_time_max: 250 });
    assert.ok(figures.finished >= 8 + 64, `only ${figures.finished} finished`);
    const metrics = await server.metrics();
    assert.ok(metrics.sum('parlance_pool_running_max', { pool: 'llm' }) <= 8);
    await until('all slots are free', async () => (await server.metrics()).sum('parlance_pool_running', { pool: 'llm' }) === 0);
    await works(server);
  });
}

test('a burst of 1,000 turns is bounded by the retriever in the same way', async (t) => {
  const server = await Server.start(t, {
    binary: parlance_debug,
    failpoints: 'retriever.search=sleep(200)@1+',
    configuration: configuration(),
  });
  await works(server);
  const before = server.memory().resident;
  const figures = await load(server, [
    '--surface', 'langgraph', '--agent', 'library', '--burst', 1000, '--mode', 'wait', '--text', 'What is a lane?',
  ]);
  const rise = server.memory().resident_max - before;
  const metrics = await server.metrics();
  const at_once = metrics.sum('parlance_pool_running_max', { pool: 'retriever' });
  t.diagnostic(`searches at once: at most ${at_once}`);
  assert.ok(at_once <= 8, `${at_once} searches at once`);
  // The debug build computes several times as long as what ships.
  check_burst(t, figures, rise, { reject_time_max: 1_000 });
  assert.ok(metrics.sum('parlance_turns_refused_total', { code: 'retriever_queue_full' }) >= 0);
  await works(server);
});
