// Many turns at once on one thread: a bounded mailbox, and strict order.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  configuration,
  configuration_with,
  create_thread,
  history_texts,
  human,
  Mock,
  rejoin,
  run_body,
  run_wait,
  Server,
  texts,
  until,
} from './harness.mjs';

test('of 20 turns one runs, 8 wait and run in order, and the rest are refused at once', async (t) => {
  const server = await Server.start(t, { configuration: configuration({ threads: { turns_waiting_max: 8 } }) });
  const thread = await create_thread(server);
  // Each turn has a duration of its own, so that its answer tells which one it was.
  const ask = async (ms) => {
    const answer = await run_wait(server, thread, 'slow', `{"ms":${ms}}`);
    return { answer, ended: performance.now() };
  };
  const first = ask(2_000);
  await until('the first runs', async () => (await server.call(`/threads/${thread}/runs`)).json[0]?.status === 'running');
  const answers = await Promise.all([first, ...Array.from({ length: 19 }, (_, index) => ask(50 + index))]);
  const accepted = answers.filter(({ answer }) => answer.status === 200);
  const refused = answers.filter(({ answer }) => answer.status !== 200);
  assert.equal(accepted.length, 9);
  const { ended: first_ended } = await first;
  for (const { answer, ended } of refused) {
    assert.equal(answer.status, 429, answer.text);
    assert.equal(answer.headers['x-error-code'], 'mailbox_full');
    assert.ok(Number(answer.headers['retry-after']) >= 1);
    assert.ok(ended < first_ended, 'a refusal waited for the turn that runs');
  }

  // The state holds question and answer in turn; runs end in the order in which they were accepted.
  const { json: state } = await server.call(`/threads/${thread}/state`);
  const said = state.values.messages.map((message) => message.content);
  assert.equal(said.length, 2 * accepted.length);
  for (let index = 0; index < said.length; index += 2) {
    assert.equal(said[index + 1], `waited ${JSON.parse(said[index]).ms} ms`);
  }
  const { json: runs } = await server.call(`/threads/${thread}/runs?limit=100`);
  assert.equal(runs.length, accepted.length);
  const by_creation = runs
    .map((run) => ({ input: run.kwargs.input.messages[0].content, created: run.created_at, ended: run.updated_at }))
    .sort((a, b) => said.indexOf(a.input) - said.indexOf(b.input));
  for (let index = 1; index < by_creation.length; index++) {
    assert.ok(by_creation[index - 1].created <= by_creation[index].created);
    const apart = Date.parse(by_creation[index].ended) - Date.parse(by_creation[index - 1].ended);
    assert.ok(apart >= JSON.parse(by_creation[index].input).ms - 5, `two turns overlap: ${apart} ms apart`);
  }

  const metrics = await server.metrics();
  assert.equal(metrics.sum('parlance_turns_refused_total', { code: 'mailbox_full' }), refused.length);
  assert.equal(metrics.sum('parlance_mailbox_turns'), 0);
});

test('a cancel is not kept out by a full mailbox', async (t) => {
  const server = await Server.start(t, { configuration: configuration({ threads: { turns_waiting_max: 2 } }) });
  const thread = await create_thread(server);
  const create = (ms) =>
    server.call(`/threads/${thread}/runs`, {
      method: 'POST',
      body: { assistant_id: 'slow', input: human(`{"ms":${ms}}`), multitask_strategy: 'enqueue' },
    });
  const first = await create(60_000);
  assert.equal(first.status, 200, first.text);
  let status = 200;
  while (status === 200) status = (await create(1)).status;
  assert.equal(status, 429);
  const cancelled = await server.call(`/threads/${thread}/runs/${first.json.run_id}/cancel?wait=1`, { method: 'POST' });
  assert.equal(cancelled.status, 204, cancelled.text);
  const last = await run_wait(server, thread, 'echo', 'after');
  assert.equal(last.status, 200, last.text);
});

// Run 1 is in flight and runs 2 and 3 wait; run 2 ends before it began, by `end_second`.
async function second_ends_while_it_waits(t, { end_second, headers_of_second = {} }) {
  const mock = await Mock.start(t);
  const server = await Server.start(t, { configuration: configuration_with(mock) });
  const thread = await create_thread(server);
  const path = `/threads/${thread}/runs`;
  const create = async (agent, text, headers = {}) => {
    const made = await server.call(path, { method: 'POST', body: run_body(agent, text), headers });
    assert.equal(made.status, 200, made.text);
    return made.json.run_id;
  };
  const first = await create('slow', '{"ms":3000}');
  const second = await create('echo', 'two', headers_of_second);
  const third = await create('echo', 'three');
  const runs = [first, second, third];
  const statuses = async () => {
    const listed = (await server.call(path)).json;
    assert.deepEqual(listed.map((run) => run.run_id), runs, 'in the order in which they were accepted');
    return listed.map((run) => run.status);
  };
  const history = async () => (await server.call(`/threads/${thread}/history?limit=100`)).json;
  const all_texts = async () => [
    await history_texts(server, thread),
    ...(await history()).map((state) => texts(state.values.messages)),
  ];
  await end_second(`${path}/${second}`, server);
  const status = (await statuses())[1];
  assert.deepEqual(await statuses(), ['running', status, 'pending']);
  assert.deepEqual(await all_texts(), [['{"ms":3000}'], ['{"ms":3000}'], []]);

  await server.call(`${path}/${third}/join`);
  const said = ['{"ms":3000}', 'waited 3000 ms', 'three', 'echo: three'];
  for (const when of ['live', 'after a restart']) {
    if (when !== 'live') {
      await server.stop();
      await server.begin();
    }
    assert.deepEqual(await all_texts(), [said, ...[4, 3, 2, 2, 1, 0].map((count) => said.slice(0, count))], when);
    assert.deepEqual(await statuses(), ['success', status, 'success'], when);
    const { json: run } = await server.call(`${path}/${second}`);
    assert.deepEqual([run.status, texts(run.kwargs.input.messages)], [status, ['two']], when);
    const stream = rejoin(server, thread, second, { stream_mode: 'values' });
    await stream.ended;
    assert.deepEqual(stream.frames.map((frame) => frame.event), ['metadata', 'error'], when);
  }
  const values = (await run_wait(server, thread, 'chat', 'four')).json;
  assert.deepEqual(texts(values.messages).slice(0, -1), [...said, 'four']);
  assert.equal((await mock.journal())[0].messages, said.length + 1, 'what the model is shown');
  return status;
}

test('a run that is cancelled while it waits leaves no message on its thread', async (t) => {
  const status = await second_ends_while_it_waits(t, {
    end_second: async (run, server) => {
      assert.equal((await server.call(`${run}/cancel?wait=1`, { method: 'POST' })).status, 204);
    },
  });
  assert.equal(status, 'interrupted');
});

test('a run whose time is over while it waits leaves no message on its thread', async (t) => {
  const status = await second_ends_while_it_waits(t, {
    headers_of_second: { 'x-stainless-timeout': '0.2' },
    end_second: (run, server) => until('it ends', async () => (await server.call(run)).json.status === 'timeout'),
  });
  assert.equal(status, 'timeout');
});

test('kill -9 with a run in flight and one behind it: both complete after the restart, in order, and nobody asks', async (t) => {
  const mock = await Mock.start(t, { tokens: 40, token_delay: '20ms' });
  const server = await Server.start(t, { configuration: configuration_with(mock) });
  const thread = await create_thread(server);
  for (const [agent, text] of [['chat', 'first'], ['echo', 'second']]) {
    const body = { assistant_id: agent, input: human(text), multitask_strategy: 'enqueue' };
    assert.equal((await server.call(`/threads/${thread}/runs`, { method: 'POST', body })).status, 200);
  }
  const statuses = async () => (await server.call(`/threads/${thread}/runs`)).json.map((run) => run.status);
  await until('the provider speaks', async () => (await mock.stats()).tokens_sent > 3);
  assert.deepEqual(await statuses(), ['running', 'pending']);
  await server.kill();

  await server.begin();
  await until('nothing is unfinished', async () => (await server.metrics()).sum('parlance_turns_ended_total') === 2);
  assert.deepEqual(await statuses(), ['success', 'success']);
  const said = await history_texts(server, thread);
  assert.deepEqual([said[0], said[2], said[3]], ['first', 'second', 'echo: second']);
  assert.match(said[1], / w39$/);
});
