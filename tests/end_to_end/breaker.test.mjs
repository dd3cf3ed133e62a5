// A provider that is down: the next lane answers, it is asked once a period, and it is used again as soon as it is back.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration_with, create_thread, elapse, Mock, run_wait, Server, texts, until } from './harness.mjs';

const failures_to_open = 5;
const period_ms = 10_000;
const from_first = 'hello w1 w2';
const from_second = 'hello';

async function started(t) {
  const mock = await Mock.start(t, { tokens: 3, first_token_delay: '5ms', token_delay: '1ms' });
  const other = await Mock.start(t, { tokens: 1, first_token_delay: '5ms' });
  const times = { connect_time_max: '500ms', first_token_time_max: '500ms' };
  const providers = { upstream: times, other: { kind: 'openai', base_url: `${other.url}/v1` } };
  const main = [
    { provider: 'upstream', model: 'mock-1' },
    { provider: 'other', model: 'mock-2' },
  ];
  const server = await Server.start(t, { configuration: configuration_with(mock, { providers, models: { main } }) });
  const ask = async () => {
    const thread = await create_thread(server);
    const began = performance.now();
    const answer = await run_wait(server, thread, 'chat', 'hello');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.__error__, undefined, answer.text);
    return { text: texts(answer.json.messages).at(-1), ms: performance.now() - began };
  };
  return { mock, server, ask };
}

async function check(t, fault, time_max_ms) {
  const { mock, ask } = await started(t);
  assert.equal((await ask()).text, from_first, 'it answers while it is up');
  await mock.set({ fault });
  await mock.reset();
  const began = performance.now();
  let turns = 0;
  for (; performance.now() - began < 1.5 * period_ms; turns += 1) {
    const { text, ms } = await ask();
    assert.equal(text, from_second);
    assert.ok(ms < time_max_ms + 1_000, `turn ${turns} took ${ms} ms`);
    await elapse(50);
  }
  const calls = (await mock.journal()).length;
  t.diagnostic(`${turns} turns, ${calls} calls to the provider that is down`);
  const probes = Math.ceil((performance.now() - began) / period_ms);
  assert.ok(turns > 50, `${turns} turns`);
  assert.ok(calls <= failures_to_open + probes, `${calls} calls`);

  await mock.set({ fault: '' });
  const back = performance.now();
  await until('it is used again', async () => (await ask()).text === from_first, { within: period_ms + 3_000, every: 50 });
  t.diagnostic(`used again after ${((performance.now() - back) / 1_000).toFixed(1)} s`);
  for (let turn = 0; turn < 5; turn += 1) assert.equal((await ask()).text, from_first);
}

test('a provider that is down costs a probe a period, and its users no more than one time-out', { concurrency: 2 }, async (t) => {
  await Promise.all([
    t.test('its calls end in 500', (each) => check(each, '500', 500)),
    t.test('its calls never end', (each) => check(each, 'hang', 1_000)),
  ]);
});
