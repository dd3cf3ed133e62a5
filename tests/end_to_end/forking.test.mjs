// Runs and changes of the state that begin from an older checkpoint, with LangGraph's own client: the thread goes on from
// the fork, and what was there stays in the history.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import test from 'node:test';
import { agent_folder, configuration_with, create_thread, free_port, human, Mock, root, Server, texts, until } from './harness.mjs';
import { client_of } from './support/langgraph_client.mjs';

async function started(t) {
  const mock = await Mock.start(t, { tokens: 5, first_token_delay: '1ms', token_delay: '1ms' });
  const port = await free_port();
  const agents = { booking: path.join(root, 'bench/agents/booking') };
  const server = await Server.start(t, { configuration: configuration_with(mock, { http: { port }, agents }) });
  return { server, client: client_of(server) };
}

const id_of = (state) => state.checkpoint.checkpoint_id;
const parent_of = (state) => state.parent_checkpoint?.checkpoint_id;
const said = (values) => texts(values.messages);

// A thread with two turns of echo, and its history.
async function echoed(client) {
  const { thread_id } = await client.threads.create();
  for (const text of ['one', 'two']) await client.runs.wait(thread_id, 'echo', { input: human(text) });
  return { thread_id, history: await client.threads.getHistory(thread_id) };
}

test('a question that was answered is answered again from its checkpoint, across kill -9', async (t) => {
  const { server, client } = await started(t);
  const { thread_id } = await client.threads.create();
  const asked = await client.runs.wait(thread_id, 'booking', { input: human('a table') });
  const { checkpoint } = await client.threads.getState(thread_id);
  await client.runs.wait(thread_id, 'booking', { command: { resume: 'yes' } });
  const first = await client.threads.getHistory(thread_id, { limit: 100 });
  const again = await client.runs.wait(thread_id, 'booking', { command: { resume: 'no' }, checkpoint });
  assert.equal(said(again).at(-1), 'Not booked.');
  assert.deepEqual(said(again).slice(0, 4), [...said(asked), 'no']);

  const both = await client.threads.getHistory(thread_id, { limit: 100 });
  assert.deepEqual(both.slice(-first.length), first, 'what was there stays');
  const fork = both.slice(0, -first.length);
  const step = first.find((state) => id_of(state) === checkpoint.checkpoint_id).metadata.step;
  assert.deepEqual(fork.map(parent_of), [...fork.slice(1).map(id_of), checkpoint.checkpoint_id]);
  assert.deepEqual(fork.map((state) => state.metadata.step), fork.map((_, n) => step + fork.length - n));
  assert.deepEqual([fork.at(-1).metadata.source, fork.at(-1).next], ['fork', ['ask']]);
  assert.equal(new Set(both.map(id_of)).size, both.length);

  await server.kill();
  await server.begin();
  const after = client_of(server);
  assert.deepEqual(await after.threads.getHistory(thread_id, { limit: 100 }), both);
  assert.deepEqual(said((await after.threads.get(thread_id)).values), said(again));
  const runs = await after.runs.list(thread_id);
  const joined = await Promise.all(runs.map((run) => after.runs.join(thread_id, run.run_id)));
  assert.deepEqual(joined.map((values) => said(values).at(-1)), ['Shall I book it?', 'Thank you.', 'Not booked.']);
  const anew = await after.runs.wait(thread_id, 'echo', { input: human('next') });
  assert.deepEqual(said(anew), [...said(again), 'next', 'echo: next']);
});

test('an answer is taken wherever its question is asked next, and an input is merged behind a change', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const asked = await client.runs.wait(thread_id, 'booking', { input: human('a table') });
  const [question, before_question, , input] = await client.threads.getHistory(thread_id);
  const answer = (resume, { checkpoint }) => client.runs.wait(thread_id, 'booking', { command: { resume }, checkpoint });
  await answer('no', question);
  const [, , fork] = await client.threads.getHistory(thread_id);
  assert.deepEqual([fork.metadata.source, fork.next, fork.tasks[0].interrupts], ['fork', ['ask'], []]);
  for (const checkpoint of [fork, before_question])
    assert.deepEqual(said(await answer('no', checkpoint)), [...said(asked), 'no', 'Not booked.']);
  await assert.rejects(answer({ [asked.__interrupt__[0].id]: 'no' }, fork), /422.*another question/s);

  const command = { update: { messages: human('for two').messages } };
  const changed = await client.runs.wait(thread_id, 'booking', { command, checkpoint: input.checkpoint });
  assert.deepEqual(said(changed), ['for two', ...said(asked)]);
});

test('without an input a run goes on where its checkpoint stood, with one it begins there', async (t) => {
  const { client } = await started(t);
  const { thread_id, history } = await echoed(client);
  const run = (input, n) => client.runs.wait(thread_id, 'echo', { input, checkpointId: id_of(history[n]) });
  assert.deepEqual(said(await run(null, 4)), ['one', 'echo: one']);
  assert.deepEqual(said(await run(null, 5)), ['one', 'echo: one'], 'its input is merged');
  assert.deepEqual(said(await run(null, 2)), ['one', 'echo: one', 'two', 'echo: two']);
  assert.deepEqual(said(await run(human('else'), 3)), ['one', 'echo: one', 'else', 'echo: else']);
  assert.deepEqual(said((await client.threads.getState(thread_id)).values), ['one', 'echo: one', 'else', 'echo: else']);
  const [newest] = await client.threads.getHistory(thread_id);
  assert.equal(newest.metadata.step, history[3].metadata.step + 3);
  await assert.rejects(run(null, 3), /409/);
  await assert.rejects(run(null, 0), /409/);
  const config = { configurable: { checkpoint_id: id_of(history[4]) } };
  assert.deepEqual(said(await client.runs.wait(thread_id, 'echo', { input: null, config })), ['one', 'echo: one']);
});

test('an older state is changed: the change is the newest, and a run goes on from it', async (t) => {
  const { server, client } = await started(t);
  const { thread_id, history } = await echoed(client);
  const [message] = history[4].values.messages;
  const values = { messages: [{ ...message, content: 'changed' }] };
  const { checkpoint } = await client.threads.updateState(thread_id, { values, checkpointId: id_of(history[4]) });
  await server.kill();
  await server.begin();
  const state = await client.threads.getState(thread_id);
  assert.equal(id_of(state), checkpoint.checkpoint_id);
  assert.equal(parent_of(state), id_of(history[4]));
  assert.deepEqual([state.metadata.source, state.metadata.step, state.next], ['update', 1, ['echo']]);
  assert.deepEqual(said(state.values), ['changed']);
  assert.deepEqual(said(await client.runs.wait(thread_id, 'echo', { input: null })), ['changed', 'echo: changed']);
  assert.deepEqual(await client.threads.getHistory(thread_id, { before: history[0].checkpoint }), history.slice(1));
  const copy = await client.threads.copy(thread_id);
  assert.deepEqual(said(copy.values), ['changed', 'echo: changed']);
  const copied = await client.threads.getHistory(copy.thread_id);
  assert.deepEqual(copied.map((each) => each.values), (await client.threads.getHistory(thread_id)).map((each) => each.values));
  assert.equal(parent_of(copied[1]), id_of(copied[6]));
});

test('forks wait in line, begin after kill -9, and what waits behind them begins from them', async (t) => {
  const { server, client } = await started(t);
  const { thread_id, history } = await echoed(client);
  const slow = await client.runs.create(thread_id, 'slow', { input: human('{"ms":3000}') });
  await until('it runs', async () => (await client.runs.get(thread_id, slow.run_id)).status === 'running');
  const headers = { 'idempotency-key': randomUUID() };
  const body = { assistant_id: 'echo', input: human('fork'), checkpoint_id: id_of(history[3]) };
  const send = () => server.call(`/threads/${thread_id}/runs`, { method: 'POST', body, headers });
  const [fork, twin] = await Promise.all([send(), send()]);
  assert.equal(fork.status, 200, fork.text);
  assert.equal(twin.json.run_id, fork.json.run_id);
  const behind = await client.runs.create(thread_id, 'echo', { input: human('behind') });
  await server.kill();
  await server.begin();
  assert.equal((await send()).json.run_id, fork.json.run_id);
  const expected = ['one', 'echo: one', 'fork', 'echo: fork'];
  assert.deepEqual(said(await client.runs.join(thread_id, fork.json.run_id)), expected);
  assert.deepEqual(said(await client.runs.join(thread_id, behind.run_id)), [...expected, 'behind', 'echo: behind']);
  assert.equal((await client.runs.list(thread_id)).length, 5);
});

test('a checkpoint that is not there, is foreign, or of a turn that goes on is none to begin from', async (t) => {
  const { server, client } = await started(t);
  const { thread_id, history } = await echoed(client);
  const other = await create_thread(server);
  await client.runs.wait(other, 'echo', { input: human('one') });
  const foreign = id_of(await client.threads.getState(other));
  for (const checkpointId of [foreign, randomUUID(), 'zz']) {
    await assert.rejects(client.runs.wait(thread_id, 'echo', { input: human('x'), checkpointId }), /404.*no such checkpoint/s);
    await assert.rejects(client.threads.updateState(thread_id, { values: human('x'), checkpointId }), /404.*no such checkpoint/s);
    const named = { checkpoint_id: checkpointId, checkpoint_ns: '' };
    await assert.rejects(client.threads.getState(thread_id, named), /404.*checkpoint\.checkpoint_id: .*no such checkpoint/s);
  }
  const post = async (where, body) => (await server.call(where, { method: 'POST', body })).status;
  const run = { assistant_id: 'echo', input: human('x') };
  const runs = `/threads/${thread_id}/runs/wait`;
  assert.equal(await post(runs, { ...run, checkpoint_id: 7 }), 422);
  assert.equal(await post(runs, { ...run, checkpoint: { checkpoint_ns: 'agent:1' } }), 422);
  assert.equal(await post(runs, { ...run, checkpoint_id: id_of(history[0]), checkpoint: history[1].checkpoint }), 422);
  assert.equal(await post('/runs/wait', { ...run, checkpoint_id: id_of(history[0]) }), 422);
  assert.equal(await post(`/threads/${randomUUID()}/runs/wait`, { ...run, checkpoint_id: id_of(history[0]) }), 404);

  const slow = await client.runs.create(thread_id, 'slow', { input: human('{"ms":60000}') });
  await until('it runs', async () => (await client.runs.get(thread_id, slow.run_id)).status === 'running');
  const running = id_of(await client.threads.getState(thread_id));
  await assert.rejects(client.runs.wait(thread_id, 'echo', { input: human('x'), checkpointId: running }), /409/);
  await client.runs.cancel(thread_id, slow.run_id, true);
  await client.runs.wait(thread_id, 'echo', { input: human('x'), checkpointId: running });
});

test('what a thread holds is bounded, whatever its turns and changes add', async (t) => {
  const mock = await Mock.start(t, {});
  const nodes = { echo: { kind: 'echo' } };
  const limits = { messages_max: 100, thread_bytes_max: 65_536 };
  const agents = { small: agent_folder(t, { description: 'small', limits, state: { note: { type: 'string' } }, start: 'echo', nodes }) };
  const server = await Server.start(t, { configuration: configuration_with(mock, { http: { port: await free_port() }, agents }) });
  const client = client_of(server);
  const full = { status: 409, message: /the thread's turns hold 64KiB/ };
  const text = 'x'.repeat(5_000);
  const threads = [];
  const ways = {
    'the fields are changed': (thread_id) => client.threads.updateState(thread_id, { values: { note: text } }),
    'an older state is changed': async (thread_id) => {
      const [, first] = await client.threads.getHistory(thread_id, { limit: 2 });
      await client.threads.updateState(thread_id, { values: { note: text }, checkpoint: first.checkpoint });
    },
    'a message is replaced': (thread_id) =>
      client.threads.updateState(thread_id, { values: { messages: [{ id: 'same', type: 'human', content: text }] } }),
    'a run is given fields': (thread_id) =>
      client.runs.wait(thread_id, 'small', { command: { goto: 'echo', update: { note: text } } }),
  };
  for (const [name, change] of Object.entries(ways)) {
    await t.test(name, async () => {
      const { thread_id } = await client.threads.create();
      threads.push(thread_id);
      await client.runs.wait(thread_id, 'small', { input: human('one') });
      let changes = 0;
      await assert.rejects(async () => {
        for (; changes < 20; changes += 1) await change(thread_id);
      }, full);
      assert.ok(changes >= 5 && changes <= 13, `${changes} changes`);
      await assert.rejects(client.runs.wait(thread_id, 'small', { input: human('two') }), full);
      assert.equal(said((await client.threads.getState(thread_id)).values)[0], 'one');
    });
  }
  await server.kill();
  await server.begin();
  for (const thread_id of threads) await assert.rejects(client.runs.wait(thread_id, 'small', { input: human('two') }), full);
  const { thread_id } = await client.threads.create();
  assert.deepEqual(said(await client.runs.wait(thread_id, 'small', { input: human('one') })), ['one', 'echo: one']);
});
