// The model pool, seen and tuned while it runs.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, configuration_with, create_thread, Mock, run_wait, Server, texts, until } from './harness.mjs';

async function started(t, settings = {}) {
  const mock = await Mock.start(t, { tokens: 2, first_token_delay: '5ms', token_delay: '1ms', ...settings });
  const other = await Mock.start(t, { tokens: 1, first_token_delay: '5ms' });
  const main = [
    { provider: 'upstream', model: 'vendor/mock-1', calls_at_once_max: 1, adapts: false },
    { provider: 'other', model: 'mock-2' },
  ];
  const providers = { other: { kind: 'openai', base_url: `${other.url}/v1` } };
  const server = await Server.start(t, { configuration: configuration_with(mock, { providers, models: { main } }) });
  let asked = 0;
  const ask = async () => run_wait(server, await create_thread(server), 'chat', `hello-${(asked += 1)}`);
  const lane = async () => (await server.call('/v1/admin/pools')).json.lanes[0];
  const change = (body, model = 'vendor%2Fmock-1') => server.call(`/v1/admin/pools/upstream/${model}`, { method: 'PATCH', body });
  return { server, mock, ask, lane, change };
}

// Each asks something else, so that each is a call of its own.
const said = (answer) => texts(answer.json.messages).at(-1).replace(/-\d+/, '');

test('a lane shows who runs and who waits, and takes new bounds at once', async (t) => {
  const { mock, ask, lane, change } = await started(t, { first_token_delay: '3s' });
  const answers = Array.from({ length: 3 }, ask);
  await until('one runs and two wait', async () => {
    const { running, waiting } = await lane();
    return running === 1 && waiting === 2;
  });
  const seen = await lane();
  assert.deepEqual(seen.roles, ['main']);
  assert.deepEqual(seen.waiting_by_tenant, { dev: 2 });
  assert.equal(seen.reason, 'fixed');
  const changed = await change({ calls_at_once_max: 3 });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.json.lanes[0].calls_at_once, 3);
  await until('all run', async () => (await mock.stats()).at_once === 3);
  for (const answer of await Promise.all(answers)) assert.equal(said(answer), 'hello w1');
});

test('a paused lane lets calls wait, a drained one sends them on', async (t) => {
  const { ask, lane, change, mock } = await started(t);
  await change({ mode: 'paused' });
  const waiting = ask();
  await until('it waits', async () => (await lane()).waiting === 1);
  assert.equal((await mock.stats()).requests, 0);
  await change({ mode: 'drained' });
  assert.equal(said(await waiting), 'hello w1', 'what it had goes on');
  assert.equal(said(await ask()), 'hello', 'the next lane answers');
  await change({ mode: 'open' });
  assert.equal(said(await ask()), 'hello w1');
});

test('what cannot be changed is refused, and changes nothing', async (t) => {
  const { lane, change } = await started(t);
  const before = await lane();
  for (const [body, status] of [
    [{ mode: 'off' }, 422],
    [{ calls_at_once_min: 2 }, 422],
    [{ calls_at_once_max: 0 }, 422],
    [{ provider: 'x' }, 422],
    ['{', 400],
  ]) {
    const answer = await change(body);
    assert.equal(answer.status, status, answer.text);
  }
  assert.equal((await change({ mode: 'paused' }, 'mock-1')).status, 404);
  assert.deepEqual(await lane(), before);
});

test('only an admin key sees and changes lanes', async (t) => {
  const server = new Server({ configuration: configuration({ auth: { keys_file: 'keys.json' } }), dev: false });
  t.after(() => server.close());
  const keys = {};
  for (const scopes of ['chat', 'metrics', 'admin']) keys[scopes] = await server.create_key({ tenant: 'acme', scopes });
  await server.begin();
  const ask = (scope, method, path, body) => server.call(path, { method, body, headers: { authorization: `Bearer ${keys[scope]}` } });
  for (const [scope, status] of [['chat', 403], ['metrics', 403], ['admin', 200]]) {
    assert.equal((await ask(scope, 'GET', '/v1/admin/pools')).status, status, scope);
    assert.equal((await ask(scope, 'PATCH', '/v1/admin/pools/local/extractive', { calls_waiting_max: 9 })).status, status, scope);
  }
});

test('a server is ready while each role has a lane that takes calls', async (t) => {
  const { server, change } = await started(t);
  const ready = async () => (await server.call('/readyz')).status;
  assert.equal(await ready(), 200);
  await change({ mode: 'drained' });
  assert.equal(await ready(), 200, 'the other lane takes them');
  await server.call('/v1/admin/pools/other/mock-2', { method: 'PATCH', body: { mode: 'drained' } });
  assert.equal(await ready(), 503);
  await change({ mode: 'open' });
  assert.equal(await ready(), 200);
});

test('a server whose only provider is down is not ready, until it may be tried again', async (t) => {
  const upstream = { connect_time_max: '500ms' };
  const server = await Server.start(t, { configuration: configuration_with({ url: 'http://127.0.0.1:1' }, { providers: { upstream } }) });
  const ready = async () => (await server.call('/readyz')).status === 200;
  assert.ok(await ready());
  for (let turn = 0; turn < 2; turn += 1) await run_wait(server, await create_thread(server), 'chat', 'hello'); // three attempts each
  assert.ok(!(await ready()));
  await until('it may be tried again', ready, { within: 11_000, every: 200 });
});
