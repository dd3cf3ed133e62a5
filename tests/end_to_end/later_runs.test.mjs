// Runs that begin later than they are asked for: not earlier, whatever happens to the server meanwhile.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { Client } from '@langchain/langgraph-sdk';
import { configuration, create_thread, elapse, EventStream, history_texts, run_body, Server, until } from './harness.mjs';

const started = (t, changes = {}) => Server.start(t, { configuration: configuration(changes) });

const post = (server, route, body, headers = {}) => server.call(route, { method: 'POST', body, headers });

const later = (seconds, text = 'hi', more = {}) => run_body('echo', text, { after_seconds: seconds, ...more });

async function accepted(server, route, body, headers) {
  const answer = await post(server, route, body, headers);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.status, 'pending');
  return answer.json.run_id;
}

const status_of = async (server, thread, run) => (await server.call(`/threads/${thread}/runs/${run}`)).json?.status;

async function metric(server, name) {
  const { samples } = await server.metrics();
  return samples.find((sample) => sample.name === name)?.value;
}

test('a run begins after its delay, not earlier, and across kill -9', async (t) => {
  const server = await started(t);
  const thread = await create_thread(server);
  const from = Date.now();
  const run = await accepted(server, `/threads/${thread}/runs`, later(3));
  await server.kill();
  await server.begin();
  while (Date.now() - from < 2_800) {
    const status = await status_of(server, thread, run);
    if (Date.now() - from < 3_000) assert.equal(status, 'pending'); // else the answer came late
    await elapse(50);
  }
  await until('it has run', async () => (await status_of(server, thread, run)) === 'success');
  assert.ok(Date.now() - from >= 3_000);
  assert.deepEqual(await history_texts(server, thread), ['hi', 'echo: hi']);
});

test('a run whose time came while the server was down begins at once, with all its time', async (t) => {
  const server = await started(t);
  const thread = await create_thread(server);
  const run = await accepted(server, `/threads/${thread}/runs`, later(1));
  await server.kill();
  await elapse(1_200);
  await server.begin();
  await until('it has run', async () => (await status_of(server, thread, run)) === 'success');
});

test('other runs of the thread go first, and the thread leaves memory meanwhile', async (t) => {
  const server = await started(t, { threads: { idle_time_max: '200ms' } });
  const thread = await create_thread(server);
  const run = await accepted(server, `/threads/${thread}/runs`, later(2.5, 'later'));
  const now = await post(server, `/threads/${thread}/runs/wait`, run_body('echo', 'now', { multitask_strategy: 'reject' }));
  assert.equal(now.status, 200, now.text);
  await until('nobody is in memory', async () => (await metric(server, 'parlance_threads_resident')) === 0);
  await until('it has run', async () => (await metric(server, 'parlance_steps_total')) === 2);
  assert.equal(await status_of(server, thread, run), 'success');
  assert.deepEqual(await history_texts(server, thread), ['now', 'echo: now', 'later', 'echo: later']);
  const { json: runs } = await server.call(`/threads/${thread}/runs`);
  assert.equal(runs[0].run_id, run, 'in the order in which they were accepted');
});

test('its stream and its join wait for it; it is cancelled, rolled back and deleted before it begins', async (t) => {
  const server = await started(t);
  const thread = await create_thread(server);
  const stream = new EventStream(`${server.url}/threads/${thread}/runs/stream`, { method: 'POST', body: later(1.5) });
  assert.equal(await stream.end(), 'clean');
  assert.ok(stream.frames.some((frame) => frame.data.includes('echo: hi')), stream.body);

  const joined = await accepted(server, `/threads/${thread}/runs`, later(1));
  const join = await server.call(`/threads/${thread}/runs/${joined}/join`);
  assert.ok(join.text.includes('echo: hi'), join.text);

  const cancelled = await accepted(server, `/threads/${thread}/runs`, later(60));
  assert.equal((await post(server, `/threads/${thread}/runs/${cancelled}/cancel?wait=1`)).status, 204);
  assert.equal(await status_of(server, thread, cancelled), 'interrupted');
  const gone = await accepted(server, `/threads/${thread}/runs`, later(60));
  assert.equal((await post(server, `/threads/${thread}/runs/${gone}/cancel?wait=1&action=rollback`)).status, 204);
  assert.equal((await server.call(`/threads/${thread}/runs/${gone}`)).status, 404);

  const waiting = post(server, `/threads/${thread}/runs/wait`, later(60));
  await until('it is accepted', async () =>
    (await server.call(`/threads/${thread}/runs`)).json.some((run) => run.status === 'pending'));
  assert.equal((await server.call(`/threads/${thread}`, { method: 'DELETE' })).status, 204);
  assert.equal((await waiting).status, 404);
});

test('delayed runs count as waiting, and a key makes one of a run that is asked for twice', async (t) => {
  const server = await started(t, { threads: { turns_waiting_max: 2 } });
  const thread = await create_thread(server);
  const key = { 'idempotency-key': randomUUID() };
  const run = await accepted(server, `/threads/${thread}/runs`, later(60), key);
  await accepted(server, `/threads/${thread}/runs`, later(60));
  const again = await post(server, `/threads/${thread}/runs`, later(60), key);
  assert.equal(again.json.run_id, run);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  for (const restart of [false, true]) {
    if (restart) {
      await server.kill();
      await server.begin();
    }
    const refused = await post(server, `/threads/${thread}/runs`, later(60));
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['x-error-code'], 'mailbox_full');
    assert.equal((await post(server, `/threads/${thread}/runs/wait`, run_body('echo', 'now'))).status, 200);
  }
});

test('a stateless run begins later too, and LangGraph\'s client asks for it', async (t) => {
  const server = await started(t);
  const client = new Client({ apiUrl: server.url, apiKey: 'dev' });
  const from = Date.now();
  const values = await client.runs.wait(null, 'echo', { input: { messages: [{ role: 'user', content: 'hi' }] }, afterSeconds: 1 });
  assert.ok(Date.now() - from >= 1_000);
  assert.deepEqual(values.messages.map((message) => message.content), ['hi', 'echo: hi']);
});

test('a delay that cannot be is refused by its path', async (t) => {
  const server = await started(t, { threads: { start_delay_max: '1h' } });
  for (const seconds of [0, -1, 3_601, '1', true]) {
    const answer = await post(server, '/runs/wait', later(seconds));
    assert.equal(answer.status, 422, String(seconds));
    assert.match(answer.text, /^after_seconds: /);
  }
});
