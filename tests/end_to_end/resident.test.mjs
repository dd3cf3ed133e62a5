// Many more threads than fit into memory. THREADS makes it larger (scripts/soak threads).

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, for_all, Random, run_wait, sanitized, Server, texts } from './harness.mjs';

const count = Number(process.env.THREADS ?? 20_000);
const resident_max = 1_000;
const memory_max = 300e6;

test(`${count} threads with ${resident_max} resident: memory is bounded, nobody is forgotten`, async (t) => {
  const server = await Server.start(t, {
    configuration: configuration({ threads: { resident_max, idle_time_max: '5m' } }),
  });
  const random = new Random(5);
  const threads = Array.from({ length: count }, () => random.uuid());

  let resident_seen = 0;
  let done = false;
  const watch = (async () => {
    while (!done) {
      resident_seen = Math.max(resident_seen, (await server.metrics()).sum('parlance_threads_resident'));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const began = performance.now();
  const create = { if_not_exists: 'create' };
  await for_all(threads, 64, async (thread, index) => {
    const answer = await run_wait(server, thread, 'echo', `first ${index}`, create);
    assert.equal(answer.status, 200, answer.text);
  });
  const seconds = (performance.now() - began) / 1000;

  const sample = Array.from({ length: 1_000 }, () => random.between(0, count - 1));
  await for_all([...new Set(sample)], 64, async (index) => {
    const answer = await run_wait(server, threads[index], 'echo', 'second');
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(texts(answer.json.messages), [`first ${index}`, `echo: first ${index}`, 'second', 'echo: second']);
  });
  done = true;
  await watch;
  const memory = server.memory().resident_max;
  t.diagnostic(
    `${count} threads in ${seconds.toFixed(1)} s; at most ${resident_seen} resident; at most ${(memory / 1e6).toFixed(0)} MB`,
  );
  assert.ok(resident_seen <= resident_max, `${resident_seen} threads were resident`);
  assert.ok(resident_seen > resident_max / 2, 'the gauge counts');
  if (!sanitized) assert.ok(memory < memory_max, `${memory} bytes`);
});

test('when every resident thread is busy, a turn on another one is refused', async (t) => {
  const server = await Server.start(t, { configuration: configuration({ threads: { resident_max: 4 } }) });
  const random = new Random(6);
  const create = { if_not_exists: 'create' };
  const turns = Array.from({ length: 8 }, () => run_wait(server, random.uuid(), 'slow', '{"ms":600}', create));
  const statuses = (await Promise.all(turns)).map((answer) => answer.status);
  assert.equal(statuses.filter((status) => status === 200).length, 4, String(statuses));
  assert.equal(statuses.filter((status) => status === 503).length, 4, String(statuses));
  const next = await run_wait(server, random.uuid(), 'echo', 'hi', create);
  assert.equal(next.status, 200, next.text);
});
