// Who may come in how often: limits on requests by key, tenant and address, and what wrong keys lead to.

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { call, configuration, configuration_with, elapse, for_all, Mock, Server } from './harness.mjs';
import { user } from './support/openai.mjs';

const bearer = (key) => ({ authorization: `Bearer ${key}` });

// A server with keys of two tenants.
async function started(t, limits = {}) {
  const server = new Server({ configuration: configuration({ auth: { keys_file: 'keys.json' }, limits }), dev: false });
  t.after(() => server.close());
  const keys = {
    first: await server.create_key({ tenant: 'blue' }),
    second: await server.create_key({ tenant: 'blue' }),
    other: await server.create_key({ tenant: 'red' }),
    operator: await server.create_key({ tenant: 'ops', scopes: 'admin' }),
  };
  await server.begin();
  const ask = (key, more = {}) => call(`${server.url}/v1/models`, { headers: { ...bearer(key), ...more.headers }, agent: more.agent });
  return { server, keys, ask };
}

test('64 clients against a limit of 100 requests: exactly 100 pass in any window', async (t) => {
  const window_ms = 3_000;
  const { keys, ask } = await started(t, { window: '3s', requests_per_key_max: 100 });
  const passed = [];
  const begun = performance.now();
  const client = async () => {
    for (;;) {
      const sent = performance.now();
      if (sent - begun > 8_000) return;
      const answer = await ask(keys.first);
      if (answer.status === 200) passed.push({ sent, received: performance.now() });
      else assert.equal(answer.status, 429);
      await elapse(10);
    }
  };
  await Promise.all(Array.from({ length: 64 }, client));
  assert.equal(passed.filter(({ received }) => received - begun < window_ms - 200).length, 100);
  assert.equal(passed.length, 300, 'three windows, each of them full');
  // A request was let in some time between being sent and being answered.
  for (const { sent: from } of passed) {
    const inside = passed.filter(({ sent, received }) => sent >= from && received <= from + window_ms);
    assert.ok(inside.length <= 100, `${inside.length} from ${from - begun} ms on`);
  }
});

test('a refused request says why and when to come back, and counts for nothing', async (t) => {
  const { server, keys, ask } = await started(t, { requests_per_key_max: 3, requests_per_tenant_max: 5 });
  const left = [];
  for (let n = 0; n < 3; n += 1) {
    const answer = await ask(keys.first);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-ratelimit-limit-requests'], '3');
    left.push(answer.headers['x-ratelimit-remaining-requests']);
  }
  assert.deepEqual(left, ['2', '1', '0']);
  for (let n = 0; n < 10; n += 1) {
    const refused = await ask(keys.first);
    assert.equal(refused.status, 429);
    assert.equal(refused.json.error.code, 'rate_limited');
    assert.equal(refused.json.error.message, 'more than 3 requests of one key in 1m');
    assert.ok(Number(refused.headers['retry-after']) >= 50, refused.headers['retry-after']);
    assert.match(refused.headers['x-ratelimit-reset-requests'], /^\d+(ms|s|m)$/);
  }
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await ask(keys.second)).status);
  assert.deepEqual(statuses, [200, 200, 429], 'what the tenant has left');
  assert.equal((await ask(keys.other)).status, 200);
  const metrics = await server.metrics({ key: keys.operator });
  assert.equal(metrics.sum('parlance_http_rate_limited_total', { limit: 'key' }), 10);
  assert.equal(metrics.sum('parlance_http_rate_limited_total', { limit: 'tenant' }), 1);
  assert.equal((await server.call('/livez')).status, 200);
});

test('behind a trusted proxy, the limit is on the client that it names', async (t) => {
  const { keys, ask } = await started(t, { requests_per_address_max: 2, proxies_trusted: ['127.0.0.1'] });
  const from = (address) => ask(keys.first, { headers: { 'x-forwarded-for': address } });
  const statuses = [];
  for (const address of ['9.9.9.9', '1.1.1.1, 9.9.9.9', '9.9.9.9', '8.8.8.8']) statuses.push((await from(address)).status);
  assert.deepEqual(statuses, [200, 200, 429, 200]);
  // The proxy's own line stands behind those that the client made up.
  const two_lines = await ask(keys.first, { headers: { 'x-forwarded-for': ['1.1.1.1', '9.9.9.9'] } });
  assert.equal(two_lines.status, 429);
});

test('10,000 wrong keys lock their address out, and nobody else', async (t) => {
  const { server, keys, ask } = await started(t);
  const agent_at = (localAddress) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 32, localAddress });
    t.after(() => agent.destroy());
    return agent;
  };
  const attacker = agent_at('127.0.0.1');
  const neighbour = agent_at('127.0.0.2');
  let knocking = true;
  const served = [];
  const right_keys = (async () => {
    while (knocking) {
      for (const agent of [neighbour, attacker]) served.push((await ask(keys.first, { agent })).status);
      await elapse(50);
    }
  })();
  const answers = await for_all(Array.from({ length: 10_000 }, (_, n) => n), 32, (n) =>
    ask(`pk_${n}_${'x'.repeat(43)}`, { agent: attacker }));
  knocking = false;
  await right_keys;
  const refused = answers.filter(({ status }) => status === 401);
  const locked = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 20);
  assert.equal(locked.length, 9_980);
  for (const { json, headers } of locked) {
    assert.equal(json.error.code, 'locked_out');
    assert.ok(Number(headers['retry-after']) > 30);
  }
  assert.ok(served.length > 10);
  assert.deepEqual([...new Set(served)], [200], 'right keys are served, from the locked address too');
  assert.equal((await ask('wrong', { agent: neighbour })).status, 401);
  const metrics = await server.metrics({ key: keys.operator });
  assert.equal(metrics.sum('parlance_http_wrong_keys_total'), 10_001);
  assert.equal(metrics.sum('parlance_http_locked_out_total'), 9_980);
});

test('a user has requests of its own, and one too many costs its key and tenant nothing', async (t) => {
  const { server, keys } = await started(t, { requests_per_user_max: 2, requests_per_key_max: 5 });
  const ask = (name) =>
    call(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: bearer(keys.first),
      body: { model: 'echo', messages: user('hello'), ...(name && { user: name }) },
    });
  const statuses = [];
  for (const name of ['ada', 'ada', 'ada', 'ada', 'bob']) statuses.push((await ask(name)).status);
  assert.deepEqual(statuses, [200, 200, 429, 429, 200]);
  const refused = await ask('ada');
  assert.equal(refused.json.error.message, 'more than 2 requests of one user in 1m');
  assert.ok(Number(refused.headers['retry-after']) >= 50);
  assert.equal((await ask()).status, 200);
  assert.equal((await ask()).headers['x-ratelimit-remaining-requests'], '0');
  assert.equal((await ask()).json.error.message, 'more than 5 requests of one key in 1m');
});

test('64 calls at once get no more tokens than a tenant has, and what they do not need comes back', async (t) => {
  const tokens_out = 20;
  const mock = await Mock.start(t, { tokens: 5, first_token_delay: '3s', token_delay: '1ms' });
  const tokens_max = 400;
  const server = await Server.start(t, {
    configuration: configuration_with(mock, { limits: { tokens_per_tenant_max: tokens_max } }),
  });
  const ask = (number) =>
    server.call('/v1/chat/completions', {
      method: 'POST',
      body: { model: 'chat', messages: user(`hello ${number}`), max_tokens: tokens_out },
    });
  const estimate = await server.call('/v1/estimate', {
    method: 'POST',
    body: { model: 'chat', messages: user('hello 10'), max_tokens: tokens_out },
  });
  const most = estimate.json.call.tokens_in + tokens_out;
  const answers = await Promise.all(Array.from({ length: 64 }, (_, number) => ask(10 + number)));
  const served = answers.filter(({ status }) => status === 200);
  assert.equal(served.length, Math.floor(tokens_max / most));
  for (const { status, json, headers } of answers.filter((answer) => answer.status !== 200)) {
    assert.equal(status, 429);
    assert.equal(json.error.message, `more than ${tokens_max} tokens of one tenant in 1m`);
    assert.ok(Number(headers['retry-after']) >= 1);
  }
  const spent = (await mock.journal()).reduce((sum, entry) => sum + entry.tokens_in + entry.tokens_sent, 0);
  const later = await ask(99);
  assert.equal(later.status, 200, later.text);
  assert.equal(later.headers['x-ratelimit-limit-tokens'], String(tokens_max));
  assert.equal(later.headers['x-ratelimit-remaining-tokens'], String(tokens_max - spent));
});
