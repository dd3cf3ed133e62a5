// threads.updateState of LangGraph's own client: people correct what they are shown, then answer.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import test from 'node:test';
import { configuration, free_port, human, root, Server, texts } from './harness.mjs';
import { client_of } from './support/langgraph_client.mjs';

async function started(t) {
  const port = await free_port();
  const agents = { booking: path.join(root, 'bench/agents/booking') };
  const server = await Server.start(t, { configuration: configuration({ http: { port }, agents }) });
  return { server, client: client_of(server) };
}

test('a change is there after kill -9, the question with it, and the answer goes on from there', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create();
  const asked = await client.runs.wait(thread_id, 'booking', { input: human('a table') });
  const values = { guest: 'Ada', messages: [{ id: asked.messages[0].id, role: 'user', content: 'a table for two' }] };
  const { checkpoint } = await client.threads.updateState(thread_id, { values });
  await server.kill();
  await server.begin();
  const state = await client.threads.getState(thread_id);
  assert.equal(state.checkpoint.checkpoint_id, checkpoint.checkpoint_id);
  assert.deepEqual([state.metadata.source, state.values.guest, state.next], ['update', 'Ada', ['ask']]);
  assert.deepEqual(state.tasks[0].interrupts, asked.__interrupt__);
  assert.deepEqual(texts(state.values.messages), ['a table for two', 'A table is free.', 'Shall I book it?']);
  assert.equal((await client.runs.list(thread_id)).length, 1);
  const done = await client.runs.wait(thread_id, 'booking', { command: { resume: 'no' } });
  assert.equal(texts(done.messages).at(-1), 'Not booked.');
  assert.equal(done.guest, 'Ada');
});

test('a change in a node’s place leaves the thread behind that node', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create({ graphId: 'booking' });
  await client.threads.updateState(thread_id, { values: human('a table'), asNode: 'look' });
  assert.deepEqual((await client.threads.getState(thread_id)).next, ['ask']);
  const asked = await client.runs.wait(thread_id, 'booking', { input: null });
  assert.deepEqual(texts(asked.messages), ['a table', 'Shall I book it?']);
  await client.threads.updateState(thread_id, { values: null, asNode: 'decline' });
  assert.deepEqual((await client.threads.getState(thread_id)).next, []);
  assert.equal((await client.threads.get(thread_id)).status, 'idle');
});

test('what cannot be changed is refused by its path, and while a turn runs nothing is', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create({ graphId: 'booking' });
  const refused = (options, pattern) => assert.rejects(client.threads.updateState(thread_id, options), pattern);
  await refused({ values: { nobody: 1 } }, /422.*values\.nobody/s);
  await refused({ values: { guest: 1 } }, /422.*values\.guest/s);
  await refused({ values: {}, asNode: 'ask' }, /422.*as_node/s);
  const run = await client.runs.create(thread_id, 'slow', { input: human('{"ms":60000}') });
  await refused({ values: { guest: 'Ada' } }, /409/);
  await client.runs.cancel(thread_id, run.run_id, true);
});

test('a change that is sent again under its key is made once', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create({ graphId: 'booking' });
  const headers = { 'idempotency-key': randomUUID() };
  const send = (values) => server.call(`/threads/${thread_id}/state`, { method: 'POST', body: { values }, headers });
  const [first, second] = await Promise.all([send(human('a table')), send(human('a table'))]);
  assert.equal(first.status, 200, first.text);
  assert.equal(second.text, first.text);
  assert.equal((await client.threads.getState(thread_id)).values.messages.length, 1);
  assert.equal((await send(human('another'))).status, 422);
});
