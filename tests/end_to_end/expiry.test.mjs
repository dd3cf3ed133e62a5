// What has expired is gone: from reads at once, from the disk within a minute, without a write or a restart.
//
// THREADS makes it larger (scripts/soak expiry).

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, create_thread, for_all, Random, run_wait, Server, until } from './harness.mjs';

const count = Number(process.env.THREADS ?? 20_000);

test(`${count} threads with a TTL of 5 s: reads find nothing, the data directory shrinks below 10 %`, async (t) => {
  const server = await Server.start(t, { configuration: configuration({ storage: { thread_ttl: '5s' } }) });
  const random = new Random(7);
  const threads = Array.from({ length: count }, () => random.uuid());
  let most = 0;
  const text = 'something to remember '.repeat(20);
  await for_all(threads, 64, async (thread, index) => {
    const answer = await run_wait(server, thread, 'echo', `${index} ${text}`, { if_not_exists: 'create' });
    assert.equal(answer.status, 200, answer.text);
    if (index % 1_000 === 0) most = Math.max(most, server.data_bytes());
  });
  most = Math.max(most, server.data_bytes());
  const last_write = performance.now();

  const sample = Array.from({ length: 100 }, () => threads[random.between(0, count - 1)]);
  await until(
    'reads find nothing',
    async () => {
      const answers = await for_all([...sample, threads.at(-1)], 32, (thread) => server.call(`/threads/${thread}`));
      return answers.every((answer) => answer.status === 404);
    },
    { within: 8_000, every: 200 },
  );
  const unread_after = (performance.now() - last_write) / 1000;
  await until('the data directory is below 10 %', () => server.data_bytes() < most / 10, { within: 60_000, every: 500 });
  t.diagnostic(
    `reads found nothing ${unread_after.toFixed(1)} s after the last write; ${(most / 1e6).toFixed(1)} MB became ` +
      `${(server.data_bytes() / 1e6).toFixed(2)} MB ${((performance.now() - last_write) / 1000).toFixed(1)} s after it`,
  );
});

test('a turn refreshes the expiry, and an expired thread starts anew', async (t) => {
  const server = await Server.start(t, { configuration: configuration({ storage: { thread_ttl: '3s' } }) });
  const thread = await create_thread(server);
  const began = performance.now();
  for (let turn = 1; performance.now() - began < 4_500; turn++) {
    const answer = await run_wait(server, thread, 'echo', `turn ${turn}`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.messages.length, 2 * turn);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  await until('it has expired', async () => (await server.call(`/threads/${thread}`)).status === 404);
  const again = await run_wait(server, thread, 'echo', 'anew', { if_not_exists: 'create' });
  assert.equal(again.status, 200, again.text);
  assert.equal(again.json.messages.length, 2);
});
