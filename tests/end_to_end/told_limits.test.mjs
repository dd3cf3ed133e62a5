// A provider's limits of a minute, as it tells them in the heads of its answers: a lane keeps to them, and believes none that would
// stop it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration_with, create_thread, load, Mock, run_wait, Server, until, works } from './harness.mjs';
import { raw_provider, whole } from './support/raw_provider.mjs';

const lane_limits = { calls_at_once_max: 16, calls_waiting_max: 500, adapts: true };

// More turns at once than a minute of the provider's has room for; what the provider saw of them.
async function burst(t, { kind, turns, settings, lane = {} }) {
  const mock = await Mock.start(t, { tokens: 4, first_token_delay: '20ms', token_delay: '1ms', ...settings });
  const upstream = { kind };
  const server = await Server.start(t, { configuration: configuration_with(mock, { providers: { upstream }, lane: { ...lane_limits, ...lane } }) });
  await works(server);
  await mock.reset();
  const figures = await load(server, ['--surface', 'openai', '--turns-per-thread', 0, '--agent', 'chat', '--burst', turns]);
  const journal = await mock.journal();
  const throttled = journal.filter(({ status }) => status === 429).length;
  t.diagnostic(`${figures.finished} of ${turns} finished in ${figures.elapsed_s.toFixed(1)} s; ${throttled} of ${journal.length} calls were answered 429`);
  return { figures, throttled };
}

for (const kind of ['openai', 'anthropic']) {
  test(`${kind}: requests beyond the provider's minute wait, and none is thrown away at a 429`, async (t) => {
    const { figures, throttled } = await burst(t, { kind, turns: 135, settings: { requests_per_minute: 120 } });
    assert.equal(throttled, 0);
    assert.equal(figures.finished, 135, JSON.stringify(figures.errors_by_code));
    assert.ok(figures.elapsed_s > 5, 'some waited');
  });
}

test("tokens beyond the provider's minute wait as well", async (t) => {
  const settings = { tokens_per_minute: 12_000, tokens: 200, token_delay: '0ms' };
  const { figures, throttled } = await burst(t, { kind: 'openai', turns: 62, settings });
  assert.equal(throttled, 0);
  assert.equal(figures.finished, 62, JSON.stringify(figures.errors_by_code));
  assert.ok(figures.elapsed_s > 3, 'some waited');
});

for (const [name, more] of Object.entries({
  'where the provider does not say what is left': { settings: { requests_per_minute: 120, limit_headers: false } },
  'where the lane does not read it': { settings: { requests_per_minute: 120 }, lane: { reads_limits: false } },
})) {
  test(`${name}, calls are thrown away at 429s`, async (t) => {
    const { throttled } = await burst(t, { kind: 'openai', turns: 135, ...more });
    assert.ok(throttled > 0, 'the tests above would pass without the headers');
  });
}

const answer = { model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] };

// A provider that answers every call, with these fields in the head.
async function telling(t, fields, { lane = {}, kind = 'openai' } = {}) {
  const provider = await raw_provider(t, (say) => say(whole(200, answer, fields)));
  const server = await Server.start(t, { configuration: configuration_with(provider, { providers: { upstream: { kind } }, lane }) });
  const ask = async (more) => run_wait(server, await create_thread(server), 'chat', `hello ${Math.random()}`, more);
  const lane_now = async () => (await server.call('/v1/admin/pools')).json.lanes[0];
  return { provider, server, ask, lane_now };
}

test('calls wait for the reset of a provider that has nothing left, and operators see why', async (t) => {
  const fields = { 'x-ratelimit-limit-requests': 100, 'x-ratelimit-remaining-requests': 0, 'x-ratelimit-reset-requests': '2s' };
  const { provider, server, ask, lane_now } = await telling(t, fields);
  assert.equal((await ask()).status, 200);
  const began_ms = performance.now();
  const waiting = ask();
  await until('it waits', async () => (await lane_now()).waiting === 1);
  const lane = await lane_now();
  assert.equal(lane.held_by, 'requests_told');
  assert.equal(lane.requests_told.limit, 100);
  assert.equal(lane.requests_told.remaining, 0);
  assert.ok(lane.requests_told.reset_ms > 0 && lane.requests_told.reset_ms <= 2_000, `${lane.requests_told.reset_ms} ms`);
  assert.equal(lane.tokens_told, null);
  assert.equal((await server.metrics()).sum('parlance_lane_held', { lane: 'upstream/mock-1' }), 1);
  assert.equal(provider.calls, 1);
  assert.equal((await waiting).status, 200);
  assert.ok(performance.now() - began_ms > 1_000, 'it waited');
  assert.equal(provider.calls, 2);
});

test('a call that has less time than the reset takes is refused at the door, and told when to come', async (t) => {
  const fields = { 'x-ratelimit-remaining-requests': 0, 'x-ratelimit-reset-requests': '30s' };
  const { provider, server, ask } = await telling(t, fields);
  assert.equal((await ask()).status, 200);
  const refused = await server.call('/v1/chat/completions', {
    method: 'POST',
    body: { model: 'chat', messages: [{ role: 'user', content: 'hello' }] },
    headers: { 'x-stainless-timeout': '5' },
  });
  assert.equal(refused.status, 503, refused.text);
  assert.equal(refused.json.error.code, 'would_miss_deadline');
  assert.ok(Number(refused.headers['retry-after']) >= 25, refused.headers['retry-after']);
  assert.equal(provider.calls, 1);
});

test('a call that has less time than the reset takes goes to the next lane, where there is one', async (t) => {
  const other = await Mock.start(t, { tokens: 1, first_token_delay: '5ms' });
  const fields = { 'x-ratelimit-remaining-tokens': 0, 'x-ratelimit-reset-tokens': '24h' };
  const provider = await raw_provider(t, (say) => say(whole(200, answer, fields)));
  const providers = { other: { kind: 'openai', base_url: `${other.url}/v1` } };
  const main = [
    { provider: 'upstream', model: 'mock-1' },
    { provider: 'other', model: 'mock-2' },
  ];
  const server = await Server.start(t, { configuration: configuration_with(provider, { providers, models: { main } }) });
  for (let turn = 0; turn < 3; turn += 1) {
    const answered = await run_wait(server, await create_thread(server), 'chat', `hello ${turn}`);
    assert.equal(answered.status, 200, answered.text);
  }
  assert.equal(provider.calls, 1);
  assert.equal((await other.stats()).finished, 2);
});

const nonsense = {
  'less than nothing': { limit: -1, remaining: -1, reset: 0 },
  'no numbers': { limit: 'NaN', remaining: 'none', reset: 'soon' },
  'more than fits': { limit: '99999999999999999999999', remaining: '1e999', reset: '99999999999999999999999s' },
  'nothing, without a reset': { limit: 100, remaining: 0, reset: '' },
  'nothing, with a reset that is over': { limit: 100, remaining: 0, reset: '0s' },
};

for (const [name, { limit, remaining, reset }] of Object.entries(nonsense)) {
  test(`limits that are ${name} hold nobody back`, async (t) => {
    const fields = {};
    for (const quantity of ['requests', 'tokens']) {
      fields[`x-ratelimit-limit-${quantity}`] = limit;
      fields[`x-ratelimit-remaining-${quantity}`] = remaining;
      fields[`x-ratelimit-reset-${quantity}`] = reset;
    }
    const { ask, lane_now } = await telling(t, fields);
    for (let turn = 0; turn < 3; turn += 1) assert.equal((await ask()).status, 200);
    assert.equal((await lane_now()).held_by, 'nothing');
  });
}
