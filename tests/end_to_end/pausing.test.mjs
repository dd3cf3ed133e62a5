// Turns that pause with a question, and go on when people have answered: with LangGraph's own client, across kill -9.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import test from 'node:test';
import OpenAI from 'openai';
import { configuration_with, free_port, history_texts, human, Mock, root, Server, texts, until } from './harness.mjs';
import { client_of } from './support/langgraph_client.mjs';

async function started(t, settings = {}, changes = {}) {
  const mock = await Mock.start(t, { tokens: 5, first_token_delay: '1ms', token_delay: '1ms', ...settings });
  const port = await free_port();
  const agents = { booking: path.join(root, 'bench/agents/booking') };
  const server = await Server.start(t, { configuration: configuration_with(mock, { http: { port }, agents, ...changes }) });
  return { mock, server, client: client_of(server) };
}

async function paused(client) {
  const { thread_id } = await client.threads.create();
  const values = await client.runs.wait(thread_id, 'booking', { input: human('a table') });
  return { thread_id, values };
}

const before = ['a table', 'A table is free.', 'Shall I book it?'];
const question = { question: 'Shall I book it?', fields: { guest: '' } };

test('interrupt a turn, kill and restart the server, resume it: it goes on at the node that asked', async (t) => {
  const { mock, server, client } = await started(t);
  const { thread_id, values } = await paused(client);
  const [interrupt] = values.__interrupt__;
  assert.deepEqual(interrupt.value, question);
  assert.deepEqual(texts(values.messages), before);

  await server.kill();
  await server.begin();
  const thread = await client.threads.get(thread_id);
  assert.equal(thread.status, 'interrupted');
  assert.deepEqual(Object.values(thread.interrupts), [[interrupt]]);
  const state = await client.threads.getState(thread_id);
  assert.deepEqual(state.next, ['ask']);
  assert.equal(state.tasks.length, 1);
  assert.deepEqual(state.tasks[0].interrupts, [interrupt]);
  assert.equal(Object.keys(thread.interrupts)[0], state.tasks[0].id);

  const done = await client.runs.wait(thread_id, 'booking', { command: { resume: 'yes' } });
  assert.equal(done.__interrupt__, undefined);
  assert.deepEqual(texts(done.messages).slice(0, 4), [...before, 'yes']);
  assert.equal(texts(done.messages).at(-1), 'Thank you.');
  assert.equal(done.messages.length, 6);
  assert.equal((await client.threads.get(thread_id)).status, 'idle');
  assert.deepEqual((await client.threads.getState(thread_id)).next, []);
  const calls = await mock.journal();
  assert.equal(calls.length, 1);
  await assert.rejects(client.runs.wait(thread_id, 'booking', { command: { resume: 'yes' } }), /409/);
});

test('kill -9 in the middle of a resumed turn: it goes on with the answer, and every reader sees one copy', async (t) => {
  const { mock, server, client } = await started(t, { tokens: 60, token_delay: '20ms' });
  const { thread_id } = await paused(client);
  const run = await client.runs.create(thread_id, 'booking', { command: { resume: { approved: true } } });
  const { tokens_sent } = await mock.stats();
  await until('the model streams', async () => (await mock.stats()).tokens_sent > tokens_sent + 5);
  await server.kill();
  await server.begin();
  const done = await client.runs.join(thread_id, run.run_id);
  assert.deepEqual(texts(done.messages).slice(0, 4), [...before, '{"approved":true}']);
  assert.equal(texts(done.messages).at(-1), 'Thank you.');
  assert.equal(done.messages.length, 6);
  assert.equal((await client.runs.get(thread_id, run.run_id)).status, 'success');
});

test('the answer chooses the way, and may be named by the id of its question', async (t) => {
  const { client } = await started(t);
  const { thread_id, values } = await paused(client);
  const stale = values.__interrupt__[0].id;
  const again = await client.runs.wait(thread_id, 'booking', { command: { resume: { [stale]: 'on Friday' } } });
  assert.deepEqual(texts(again.messages).slice(3), ['on Friday', 'A table is free.', 'Shall I book it?']);
  const [{ id }] = again.__interrupt__;
  assert.notEqual(id, stale);
  await assert.rejects(
    client.runs.wait(thread_id, 'booking', { command: { resume: { [stale]: true } } }),
    /422.*another question/s,
  );
  const done = await client.runs.wait(thread_id, 'booking', { command: { resume: { [id]: false } } });
  assert.equal(texts(done.messages).at(-1), 'Not booked.');
});

test('streams show the question, live and replayed by id', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const events = [];
  let run_id;
  const stream = client.runs.stream(thread_id, 'booking', {
    input: human('a table'),
    streamMode: ['values', 'updates'],
    onRunCreated: (run) => { run_id = run.run_id; },
  });
  for await (const event of stream) events.push(event);
  assert.deepEqual(events.at(-2).event, 'updates');
  assert.deepEqual(events.at(-2).data.__interrupt__[0].value, question);
  assert.deepEqual(events.at(-1).data.__interrupt__, events.at(-2).data.__interrupt__);
  const replayed = [];
  for await (const event of client.runs.joinStream(thread_id, run_id, { lastEventId: events.at(-2).id })) replayed.push(event);
  assert.deepEqual(replayed.map((event) => event.id), [events.at(-1).id]);
});

test('a run stops where it is told to, and goes on without an input', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create();
  const options = { input: human('a table'), interruptBefore: ['ask'] };
  await client.runs.wait(thread_id, 'booking', options);
  assert.deepEqual((await client.threads.getState(thread_id)).next, ['ask']);
  assert.equal((await client.threads.get(thread_id)).status, 'interrupted');
  await server.kill();
  await server.begin();
  const values = await client.runs.wait(thread_id, 'booking', { input: null });
  assert.deepEqual(values.__interrupt__[0].value, question);
  await client.runs.wait(thread_id, 'booking', { command: { resume: true }, interruptAfter: ['book'] });
  assert.deepEqual((await client.threads.getState(thread_id)).next, ['thank']);
  const done = await client.runs.wait(thread_id, 'booking', { input: null });
  assert.equal(texts(done.messages).at(-1), 'Thank you.');
  await assert.rejects(client.runs.wait(thread_id, 'booking', { input: null }), /409/);
  await assert.rejects(client.runs.wait(thread_id, 'booking', { ...options, interruptBefore: ['nope'] }), /422.*interrupt_before\[0\]/s);
});

test('a rollback of a resumed run brings the question back; a new input takes it away', async (t) => {
  const { client } = await started(t, { tokens: 200, token_delay: '50ms' });
  const { thread_id, values } = await paused(client);
  const run = await client.runs.create(thread_id, 'booking', { command: { resume: true } });
  await client.runs.cancel(thread_id, run.run_id, true, 'rollback');
  const thread = await client.threads.get(thread_id);
  assert.equal(thread.status, 'interrupted');
  assert.deepEqual(Object.values(thread.interrupts), [values.__interrupt__]);
  const anew = await client.runs.wait(thread_id, 'booking', { input: human('another table') });
  assert.notEqual(anew.__interrupt__[0].id, values.__interrupt__[0].id);
});

test('an answer that is sent again under its key is given once', async (t) => {
  const { mock, server, client } = await started(t);
  const { thread_id } = await paused(client);
  const headers = { 'idempotency-key': randomUUID() };
  const body = { assistant_id: 'booking', command: { resume: true } };
  const send = () => server.call(`/threads/${thread_id}/runs/wait`, { method: 'POST', body, headers });
  const [first, second] = await Promise.all([send(), send()]);
  assert.equal(first.status, 200, first.text);
  assert.equal(second.text, first.text);
  await server.kill();
  await server.begin();
  assert.equal((await send()).text, first.text);
  assert.equal((await mock.journal()).length, 1);
  assert.equal((await history_texts(server, thread_id)).length, 6);
});

test('a paused thread leaves memory, and comes back with its question', async (t) => {
  const { server, client } = await started(t, {}, { threads: { idle_time_max: '100ms' } });
  const { thread_id, values } = await paused(client);
  await until('the thread has left memory', async () => {
    const { samples } = await server.metrics();
    return samples.find((sample) => sample.name === 'parlance_threads_resident').value === 0;
  });
  const thread = await client.threads.get(thread_id);
  assert.deepEqual(Object.values(thread.interrupts), [values.__interrupt__]);
  const done = await client.runs.wait(thread_id, 'booking', { command: { resume: 'no' } });
  assert.equal(texts(done.messages).at(-1), 'Not booked.');
  await client.threads.delete(thread_id);
  await assert.rejects(client.runs.wait(thread_id, 'booking', { command: { resume: 'no' } }), /404/);
});

test('the openai client is answered with the question', async (t) => {
  const { server } = await started(t);
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'dev', maxRetries: 0 });
  const ask = (stream) =>
    openai.chat.completions.create({ model: 'booking', messages: [{ role: 'user', content: 'a table' }], thread_id: 'desk', stream });
  const answer = await ask(false);
  assert.equal(answer.choices[0].message.content, 'A table is free.\n\nShall I book it?');
  assert.equal(answer.choices[0].finish_reason, 'stop');
  let streamed = '';
  for await (const chunk of await ask(true)) streamed += chunk.choices[0]?.delta?.content ?? '';
  assert.equal(streamed, answer.choices[0].message.content);
});
