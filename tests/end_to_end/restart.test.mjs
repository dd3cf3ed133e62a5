// A start with many threads and 200 unfinished turns on disk. THREADS makes it larger (scripts/soak restart).

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration_with, create_thread, for_all, human, Mock, Random, run_wait, sanitized, Server, until } from './harness.mjs';

const count = Number(process.env.THREADS ?? 5_000);
const unfinished = 200;
const ready_ms_max = 2_000;

test(`ready with ${count} threads and ${unfinished} unfinished turns on disk, which end by themselves`, async (t) => {
  const mock = await Mock.start(t, { tokens: 20, first_token_delay: '1h' });
  const lane = { calls_at_once_max: unfinished, calls_waiting_max: unfinished };
  const server = await Server.start(t, {
    configuration: configuration_with(mock, { lane, threads: { resident_max: 1_000 } }),
  });
  const random = new Random(7);
  await for_all(Array.from({ length: count - unfinished }), 64, async (_, index) => {
    const answer = await run_wait(server, random.uuid(), 'echo', `turn ${index}`, { if_not_exists: 'create' });
    assert.equal(answer.status, 200, answer.text);
  });
  const runs = await for_all(Array.from({ length: unfinished }), 32, async (_, index) => {
    const thread = await create_thread(server);
    const body = { assistant_id: 'chat', input: human(`unfinished ${index}`) };
    const answer = await server.call(`/threads/${thread}/runs`, { method: 'POST', body });
    assert.equal(answer.status, 200, answer.text);
    return { thread, run: answer.json.run_id };
  });
  await server.kill();
  await mock.set({ first_token_delay: '20ms', token_delay: '5ms' });

  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  await server.begin();
  const ready_ms = since();
  const cpu_ms = server.program.cpu_ms(); // what it takes on a machine that does nothing else
  const all_ended = async () => {
    const metrics = await server.metrics();
    return metrics.sum('parlance_turns_recovered_total') === unfinished && metrics.sum('parlance_mailbox_turns') === 0;
  };
  await until('all turns have ended', all_ended, { within: 60_000, every: 5 });
  const ended_ms = since();
  t.diagnostic(`${count} threads, ${server.data_bytes()} bytes: ready ${ready_ms} ms after exec with ${cpu_ms} ms of CPU, ${unfinished} turns ended after ${ended_ms} ms`);
  await for_all(runs, 32, async ({ thread, run }) => {
    const answer = await server.call(`/threads/${thread}/runs/${run}`);
    assert.equal(answer.json?.status, 'success', answer.text);
  });
  if (!sanitized) assert.ok(ready_ms < ready_ms_max, `ready after ${ready_ms} ms`);
});
