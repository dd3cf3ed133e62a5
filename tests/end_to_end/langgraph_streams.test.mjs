// The official LangGraph client, unchanged: what its streams show in each mode, and that a cut socket costs nothing.

import assert from 'node:assert/strict';
import test from 'node:test';
import { human, texts, until } from './harness.mjs';
import { all_of, client_of, started, started_with_mock } from './support/langgraph_client.mjs';
import { Proxy } from './support/proxy.mjs';

const answer = 'talk w1 w2 w3 w4 w5 w6 w7';

// What a run on a thread of its own streams in this mode, without the first part, which says which run it is.
async function streamed(t, streamMode, more = {}) {
  const { client } = await started_with_mock(t);
  const { thread_id } = await client.threads.create();
  const [first, ...parts] = await all_of(
    client.runs.stream(thread_id, 'chat', { input: human('talk'), streamMode, ...more }),
  );
  assert.equal(first.event, 'metadata');
  assert.match(first.data.run_id, /^[0-9a-f-]{36}$/);
  return parts;
}

const data_of = (parts, event) => parts.filter((part) => part.event === event).map((part) => part.data);
const events_of = (parts) => [...new Set(parts.map((part) => part.event))];

test('values: the whole state after the input and after each step', async (t) => {
  const parts = await streamed(t, 'values');
  assert.deepEqual(parts.map((part) => part.event), ['values', 'values']);
  assert.deepEqual(parts.map((part) => texts(part.data.messages)), [['talk'], ['talk', answer]]);
  assert.equal(parts[1].data.messages[1].usage_metadata.output_tokens, 8);
});

test('values is what a run shows when nothing else was asked for', async (t) => {
  assert.deepEqual(events_of(await streamed(t, undefined)), ['values']);
});

test('updates: what each node changed, by its name', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const parts = await all_of(
    client.runs.stream(thread_id, 'library', { input: human('What is a lane?'), streamMode: 'updates' }),
  );
  const steps = data_of(parts, 'updates');
  assert.deepEqual(steps.flatMap((step) => Object.keys(step)), ['retrieve', 'generate', 'validate', 'respond']);
  assert.ok(steps[0].retrieve.passages.length > 0);
  const spoken = steps[3].respond.messages[0];
  assert.deepEqual(spoken, (await client.threads.getState(thread_id)).values.messages.at(-1));
});

test('fields that nodes keep for themselves are shown in no mode and no state', async (t) => {
  const { client } = await started(t);
  const { thread_id } = await client.threads.create();
  const input = human('What is a lane?');
  const streamMode = ['values', 'updates', 'messages', 'custom'];
  const seen = [
    await all_of(client.runs.stream(thread_id, 'library', { input, streamMode })),
    await client.runs.wait(thread_id, 'library', { input }),
    await client.threads.getState(thread_id),
    await client.threads.getHistory(thread_id),
    await client.threads.get(thread_id),
  ];
  for (const each of seen) assert.doesNotMatch(JSON.stringify(each), /"(draft|sent_back)"/);
  assert.ok(seen[1].passages.length > 0);
});

test('messages-tuple: the answer in pieces, each with the node that speaks', async (t) => {
  const parts = await streamed(t, 'messages-tuple');
  assert.deepEqual(events_of(parts), ['messages']);
  const pieces = data_of(parts, 'messages');
  assert.equal(pieces.map(([piece]) => piece.content).join(''), answer);
  assert.ok(pieces.length >= 2);
  assert.equal(new Set(pieces.map(([piece]) => piece.id)).size, 1);
  for (const [piece, metadata] of pieces) {
    assert.equal(piece.type, 'AIMessageChunk');
    assert.deepEqual([metadata.langgraph_node, metadata.graph_id], ['generate', 'chat']);
  }
});

test('messages: who speaks, the answer as far as it is, and the answer', async (t) => {
  const parts = await streamed(t, 'messages');
  assert.deepEqual(events_of(parts), ['messages/metadata', 'messages/partial', 'messages/complete']);
  const [by_id] = data_of(parts, 'messages/metadata');
  const [id] = Object.keys(by_id);
  assert.equal(by_id[id].metadata.langgraph_node, 'generate');
  let before = '';
  for (const [partial] of data_of(parts, 'messages/partial')) {
    assert.equal(partial.id, id);
    assert.ok(partial.content.startsWith(before) && partial.content.length > before.length);
    before = partial.content;
  }
  assert.equal(before, answer);
  const complete = data_of(parts, 'messages/complete').map(([message]) => [message.id, message.content, message.type]);
  assert.deepEqual(complete, [[id, answer, 'ai']]);
});

test('custom: which node ran, and how long', async (t) => {
  const parts = await streamed(t, 'custom');
  assert.deepEqual(events_of(parts), ['custom']);
  const steps = data_of(parts, 'custom').filter((data) => data.type === 'step');
  assert.deepEqual(steps.map(({ node, step }) => [node, step]), [['generate', 1]]);
  assert.ok(steps[0].time_us >= 5_000);
});

test('several modes at once show what each shows alone', async (t) => {
  const modes = ['values', 'updates', 'messages-tuple', 'messages', 'custom', 'debug', 'tasks', 'checkpoints', 'events'];
  const parts = await streamed(t, modes);
  const expected = ['values', 'messages', 'messages/metadata', 'messages/partial', 'updates', 'messages/complete', 'custom'];
  assert.deepEqual(events_of(parts).sort(), expected.sort());
  const [{ generate }] = data_of(parts, 'updates');
  const final = data_of(parts, 'values').at(-1).messages.at(-1);
  assert.deepEqual(generate.messages, [final]);
  assert.deepEqual(data_of(parts, 'messages/complete'), [[final]]);
  assert.equal(data_of(parts, 'messages').map(([piece]) => piece.content).join(''), final.content);
  assert.equal(new Set(parts.map((part) => part.id)).size, parts.length);
});

test('the client learns the run at its start, and a failure as the last event', async (t) => {
  const { client } = await started_with_mock(t, { fault: 'cut' });
  const { thread_id } = await client.threads.create();
  let created;
  const stream = client.runs.stream(thread_id, 'chat', { input: human('x'), onRunCreated: (run) => (created = run) });
  const parts = await all_of(stream);
  assert.deepEqual(created, { run_id: parts[0].data.run_id, thread_id });
  assert.equal(parts.at(-1).event, 'error');
  assert.match(parts.at(-1).data.error, /^(provider_failed|answer_superseded)$/);
});

test('tools go to the model, and its calls into the thread', async (t) => {
  const { client } = await started_with_mock(t);
  const { thread_id } = await client.threads.create();
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const config = { configurable: { tools: [{ type: 'function', function: { name: 'weather', parameters } }] } };
  const asked = await client.runs.wait(thread_id, 'chat', { input: human('Oslo'), config });
  const [call] = asked.messages.at(-1).tool_calls;
  assert.deepEqual([call.name, call.args, call.type], ['weather', { city: 'Oslo' }, 'tool_call']);
  const told = { messages: [{ type: 'tool', tool_call_id: call.id, content: 'sunny' }] };
  const spoken = await client.runs.wait(thread_id, 'chat', { input: told, config });
  assert.deepEqual(spoken.messages.map((message) => message.type), ['human', 'ai', 'tool', 'ai']);
  assert.match(spoken.messages.at(-1).content, /^sunny w1/);
});

test('a stream is joined live or afterwards, from its start or after any event', async (t) => {
  const { client } = await started_with_mock(t, { tokens: 30, token_delay: '10ms' });
  const { thread_id } = await client.threads.create();
  const streamMode = ['messages-tuple', 'values'];
  const { run_id } = await client.runs.create(thread_id, 'chat', { input: human('talk'), streamMode });
  const join = (options) => all_of(client.runs.joinStream(thread_id, run_id, options));
  const live = await join({ lastEventId: '-1' });
  assert.equal(live[0].data.run_id, run_id);
  assert.ok(data_of(live, 'messages').length > 5);
  assert.deepEqual(await join(), live);
  assert.deepEqual(await join({ streamMode }), live);
  for (const place of [0, 3, live.length - 2, live.length - 1]) {
    assert.deepEqual(await join({ lastEventId: live[place].id }), live.slice(place + 1));
  }
  assert.deepEqual(events_of(await join({ streamMode: 'values' })), ['metadata', 'values']);
  const { id: last } = live.at(-1);
  await assert.rejects(join({ lastEventId: '999999-0' }), /422.*Last-Event-ID: is no event of this run; the last one before it is /);
  await assert.rejects(join({ lastEventId: `${last}0` }), { status: 422 });
});

test('a reader that asked for it takes the run along when it leaves', async (t) => {
  const { client } = await started_with_mock(t, { tokens: 2000, token_delay: '20ms' });
  const { thread_id } = await client.threads.create();
  const { run_id } = await client.runs.create(thread_id, 'chat', { input: human('talk'), streamMode: 'messages-tuple' });
  const leaving = new AbortController();
  await all_of(client.runs.joinStream(thread_id, run_id, AbortSignal.timeout(200))).catch(() => {});
  assert.equal((await client.runs.get(thread_id, run_id)).status, 'running');
  const stream = client.runs.joinStream(thread_id, run_id, { cancelOnDisconnect: true, signal: leaving.signal });
  for await (const part of stream) {
    if (part.event !== 'messages') continue;
    leaving.abort();
    break;
  }
  await until('it is cancelled', async () => (await client.runs.get(thread_id, run_id)).status === 'interrupted');
});

for (const cut_after of [900, 4_000, 11_111]) {
  test(`the client reconnects by itself when its socket is cut after ${cut_after} bytes, and misses nothing`, async (t) => {
    const { server, client } = await started_with_mock(t, { tokens: 40, token_delay: '15ms' });
    const proxy = await Proxy.start(t, server.port, { cut_after });
    const { thread_id } = await client.threads.create();
    const parts = await all_of(
      client_of(proxy).runs.stream(thread_id, 'chat', {
        input: human('on and on'),
        streamMode: ['messages-tuple', 'values', 'updates', 'custom'],
      }),
    );
    assert.ok(proxy.connections >= 2, 'it was cut and came back');
    const replay = await all_of(client.runs.joinStream(thread_id, parts[0].data.run_id));
    assert.deepEqual(parts, replay);
    assert.equal(new Set(parts.map((part) => part.id)).size, parts.length);
    const { values } = await client.threads.getState(thread_id);
    assert.equal(data_of(parts, 'messages').map(([piece]) => piece.content).join(''), values.messages.at(-1).content);
    assert.match(values.messages.at(-1).content, / w39$/);
  });
}

test('the client comes back as often as its socket is cut', async (t) => {
  const { server } = await started_with_mock(t, { tokens: 80, token_delay: '20ms' });
  const proxy = await Proxy.start(t, server.port);
  const client = client_of(proxy);
  const { thread_id } = await client.threads.create();
  let pieces = 0;
  let text = '';
  for await (const part of client.runs.stream(thread_id, 'chat', { input: human('on and on'), streamMode: 'messages-tuple' })) {
    if (part.event !== 'messages') continue;
    text += part.data[0].content;
    pieces += 1;
    if (pieces === 10 || pieces === 30) proxy.cut();
  }
  const state = await client.threads.getState(thread_id);
  assert.equal(text, state.values.messages.at(-1).content);
  assert.ok(proxy.connections >= 3, 'it was cut and came back');
});
