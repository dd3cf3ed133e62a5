// 2,000 turns at once against a provider that has 16 slots and answers 429 above them: the lane finds out how many it
// has. The same with a fixed limit above them is shown failing.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration_with, load, Mock, Server, works } from './harness.mjs';

const slots = 16;
const call_ms = 200;  // 100 ms to the first of eleven tokens, 10 ms from each to the next
const settled_after_ms = 10_000;

async function burst(t, lane) {
  const mock = await Mock.start(t, { tokens: 11, first_token_delay: '100ms', token_delay: '10ms', slots, retry_after: '1s' });
  const models = { main: [{ provider: 'upstream', model: 'mock-1', calls_waiting_max: 2_000, ...lane }] };
  const server = await Server.start(t, { configuration: configuration_with(mock, { models }) });
  await works(server);
  await mock.reset();
  const began_ms = Date.now();
  const figures = await load(server, ['--surface', 'openai', '--turns-per-thread', 0, '--agent', 'chat', '--burst', 2_000]);
  const journal = await mock.journal();
  const late = journal.filter(({ arrived_at_ms }) => arrived_at_ms - began_ms > settled_after_ms);
  const share = (entries) => entries.filter(({ status }) => status === 429).length / Math.max(1, entries.length);
  const answered = journal.filter(({ outcome }) => outcome === 'finished').length;
  // Of the time in which there was more to do than slots, and the limit had been found.
  const last_ms = Math.max(...journal.map(({ arrived_at_ms }) => arrived_at_ms));
  const done_by = (entry) => entry.outcome === 'finished' && entry.arrived_at_ms + entry.ended_after_ms <= last_ms;
  const ended = late.filter(done_by).length;
  const capacity = (Math.max(0, last_ms - began_ms - settled_after_ms) / call_ms) * slots;
  const seen = {
    finished: figures.finished,
    refused: figures.refused,
    failed: figures.failed,
    late_calls: late.length,
    throttled: share(late),
    throttled_in_all: share(journal),
    goodput: capacity > 0 ? ended / capacity : 0,
    answered,
    figures,
  };
  t.diagnostic(
    `${seen.finished} finished, ${seen.refused} refused, ${seen.failed} failed in ${figures.elapsed_s.toFixed(1)} s; 429 for ` +
      `${(100 * seen.throttled).toFixed(2)} % of ${late.length} calls after 10 s, ${(100 * seen.throttled_in_all).toFixed(2)} % of all; ` +
      `goodput ${(100 * seen.goodput).toFixed(1)} %`,
  );
  return seen;
}

test('an adaptive lane sends what the provider bears, and loses nothing', async (t) => {
  const seen = await burst(t, { calls_at_once_max: 256 });
  assert.equal(seen.failed, 0, JSON.stringify(seen.figures.errors_by_code));
  assert.equal(seen.finished + seen.refused, 2_000);
  assert.equal(seen.figures.wrong_answers, 0);
  assert.equal(seen.answered, seen.finished, 'no call was paid for twice');
  assert.ok(seen.late_calls > 500, `${seen.late_calls} calls after 10 s`);
  assert.ok(seen.throttled < 0.01, `${seen.throttled} of the calls after 10 s`);
  assert.ok(seen.goodput >= 0.9, `${seen.goodput} of the capacity`);
});

test('a fixed limit above what the provider bears does not', async (t) => {
  const seen = await burst(t, { calls_at_once_max: 256, adapts: false });
  const holds = seen.failed === 0 && seen.throttled < 0.01 && seen.goodput >= 0.9;
  assert.ok(!holds, 'the test above would pass without an adaptive limit');
});
