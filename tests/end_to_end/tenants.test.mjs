// Keys: who may come in, what each may do, and that one tenant is nothing to another.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { configuration, create_thread, parlance, run, run_wait, Server, texts, until } from './harness.mjs';

const with_keys = (changes = {}) => configuration({ auth: { keys_file: 'keys.json' }, ...changes });

async function started(t) {
  const server = new Server({ configuration: with_keys(), dev: false });
  t.after(() => server.close());
  const keys = {
    blue: await server.create_key({ tenant: 'blue' }),
    red: await server.create_key({ tenant: 'red' }),
    operator: await server.create_key({ tenant: 'ops', scopes: 'admin' }),
  };
  await server.begin();
  return { server, keys };
}

const bearer = (key) => ({ authorization: `Bearer ${key}` });

test('without a keys file it refuses to start, and says what to do', async () => {
  const server = new Server({ configuration: configuration(), dev: false });
  try {
    const end = await run(server.binary, ['serve', '--config', server.config_file], { cwd: server.folder, ms: 20_000 });
    assert.ok(end.code > 0, JSON.stringify(end));
    assert.match(end.stderr + end.stdout, /keys_file|--dev/);
  } finally {
    await server.close();
  }
});

test('--dev is for loopback alone', async () => {
  const server = new Server({ configuration: configuration({ http: { address: '0.0.0.0' } }) });
  try {
    const end = await run(parlance, ['serve', '--dev', '--config', server.config_file], { cwd: server.folder, ms: 20_000 });
    assert.ok(end.code > 0, JSON.stringify(end));
    assert.match(end.stderr + end.stdout, /loopback/);
  } finally {
    await server.close();
  }
});

test('--dev takes no key or the key dev, and refuses every other', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  assert.equal((await server.call('/v1/models')).status, 200);
  assert.equal((await server.call('/v1/models', { headers: bearer('dev') })).status, 200);
  assert.equal((await server.call('/v1/models', { headers: { 'x-api-key': 'dev' } })).status, 200);
  for (const key of ['', 'wrong', 'devil', 'pk_x_y']) {
    if (key) assert.equal((await server.call('/v1/models', { headers: bearer(key) })).status, 401, key);
  }
});

test('a missing, wrong, mangled or expired key is refused; a good one is not', async (t) => {
  const { server, keys } = await started(t);
  const refused = [
    {},
    bearer('wrong'),
    bearer(`${keys.blue}x`),
    bearer(keys.blue.slice(0, -1)),
    bearer(keys.blue.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))),
    { authorization: `Basic ${keys.blue}` },
    { 'x-api-key': '\xff' },
    bearer('x'.repeat(5_000)),
  ];
  for (const headers of refused) {
    const answer = await server.call('/v1/models', { headers });
    assert.equal(answer.status, 401, JSON.stringify(headers));
    assert.equal(answer.json.error.code, 'unauthenticated');
  }
  assert.equal((await server.call('/v1/models', { headers: bearer(keys.blue) })).status, 200);
  assert.equal((await server.call('/v1/models', { headers: { 'x-api-key': keys.blue } })).status, 200);

  const short = await server.create_key({ tenant: 'blue', expires: '3s' });
  await until('a new key is taken without a restart', async () =>
    (await server.call('/v1/models', { headers: bearer(short) })).status === 200,
  );
  await until('it expires', async () => (await server.call('/v1/models', { headers: bearer(short) })).status === 401);
});

test('health is public, metrics are not', async (t) => {
  const { server, keys } = await started(t);
  for (const route of ['/ok', '/livez', '/readyz', '/version']) assert.equal((await server.call(route)).status, 200, route);
  assert.deepEqual((await server.call('/readyz')).json, { status: 'ready' });
  assert.equal((await server.call('/metrics')).status, 401);
  assert.equal((await server.call('/metrics', { headers: bearer(keys.blue) })).status, 403);
  assert.equal((await server.call('/metrics', { headers: bearer(keys.operator) })).status, 200);
  assert.equal((await server.call('/v1/models', { headers: bearer(keys.operator) })).status, 403);
});

test("another tenant's ids answer exactly like unknown ones", async (t) => {
  const { server, keys } = await started(t);
  const thread = await create_thread(server, { key: keys.blue });
  const answer = await run_wait(server, thread, 'echo', 'mine', { key: keys.blue });
  assert.equal(answer.status, 200, answer.text);
  const runs = await server.call(`/threads/${thread}/runs`, { headers: { 'x-api-key': keys.blue } });
  const [{ run_id }] = runs.json;

  const unknown_thread = randomUUID();
  const unknown_run = randomUUID();
  const body = { assistant_id: 'echo', input: { messages: [{ role: 'user', content: 'hi' }] } };
  const attempts = [
    ['GET', (id) => `/threads/${id}`],
    ['GET', (id) => `/threads/${id}/state`],
    ['GET', (id) => `/threads/${id}/history`],
    ['POST', (id) => `/threads/${id}/history`, {}],
    ['GET', (id) => `/threads/${id}/state/${randomUUID()}`],
    ['POST', (id) => `/threads/${id}/state/checkpoint`, { checkpoint: { checkpoint_id: randomUUID() } }],
    ['POST', (id) => `/threads/${id}/copy`],
    ['GET', (id) => `/threads/${id}/runs`],
    ['POST', (id) => `/threads/${id}/runs`, body],
    ['POST', (id) => `/threads/${id}/runs/wait`, body],
    ['POST', (id) => `/threads/${id}/runs/stream`, body],
    ['GET', (id, run) => `/threads/${id}/runs/${run}`],
    ['GET', (id, run) => `/threads/${id}/runs/${run}/join`],
    ['GET', (id, run) => `/threads/${id}/runs/${run}/stream`],
    ['POST', (id, run) => `/threads/${id}/runs/${run}/cancel`],
    ['DELETE', (id) => `/threads/${id}`],
  ];
  for (const [method, route, content] of attempts) {
    const as_red = (target) => server.call(target, { method, body: content, headers: { 'x-api-key': keys.red } });
    const foreign = await as_red(route(thread, run_id));
    const unknown = await as_red(route(unknown_thread, unknown_run));
    const shape = ({ status, text, headers }) => ({
      status,
      code: headers['x-error-code'],
      text: text.replaceAll(thread, 'T').replaceAll(unknown_thread, 'T').replaceAll(run_id, 'R').replaceAll(unknown_run, 'R'),
    });
    assert.equal(foreign.status, 404, `${method} ${route(thread, run_id)}: ${foreign.text}`);
    assert.deepEqual(shape(foreign), shape(unknown), `${method} ${route('T', 'R')}`);
  }

  // The same id is another thread to another tenant.
  const same = await run_wait(server, thread, 'echo', 'theirs', { key: keys.red, if_not_exists: 'create' });
  assert.deepEqual(texts(same.json.messages), ['theirs', 'echo: theirs']);
  const state = await server.call(`/threads/${thread}/state`, { headers: { 'x-api-key': keys.blue } });
  assert.deepEqual(texts(state.json.values.messages), ['mine', 'echo: mine']);
});

test('keys are kept as hashes in a file for its owner alone, and never logged', async (t) => {
  const { server, keys } = await started(t);
  await server.call('/v1/models', { headers: bearer(keys.blue) });
  await server.call('/v1/models', { headers: bearer('wrong-secret') });
  const file = path.join(server.folder, 'keys.json');
  const text = readFileSync(file, 'utf8');
  for (const key of Object.values(keys)) {
    assert.ok(!text.includes(key));
    assert.ok(!server.program.output.includes(key));
  }
  assert.doesNotMatch(server.program.output, /wrong-secret/);
  assert.equal(statSync(file).mode & 0o077, 0);
});
