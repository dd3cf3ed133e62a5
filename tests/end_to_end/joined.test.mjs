// Nothing is paid for twice: calls that are the same and in flight at once are one call of the provider, by its own
// count; and where an agent keeps answers, the next who asks the same costs nothing.

import assert from 'node:assert/strict';
import test from 'node:test';
import { agent_folder, configuration_with, create_thread, load, Mock, run_stream, run_wait, Server, streamed_text, texts, until } from './harness.mjs';

const question = 'how are you';

const generate_agent = (t, settings) =>
  agent_folder(t, { description: 'asks', start: 'generate', nodes: { generate: { kind: 'generate', role: 'main', ...settings } } });

async function started(t, settings = {}, changes = {}, options = {}) {
  const mock = await Mock.start(t, { tokens: 20, first_token_delay: '500ms', token_delay: '20ms', ...settings });
  const server = new Server({ configuration: configuration_with(mock, changes), ...options });
  t.after(() => server.close());
  return { mock, server };
}

async function running(t, settings, changes) {
  const { mock, server } = await started(t, settings, changes);
  await server.begin();
  return { mock, server };
}

const body = (more = {}) => ({ model: 'chat', messages: [{ role: 'user', content: question }], ...more });

const complete = (server, more, headers) => server.call('/v1/chat/completions', { method: 'POST', body: body(more), headers });

const stream_modes = { stream_mode: ['messages-tuple'], on_disconnect: 'cancel' };

// `count` streams of the same question, each on a thread of its own.
async function streams(server, count) {
  const threads = await Promise.all(Array.from({ length: count }, () => create_thread(server)));
  return threads.map((thread) => run_stream(server, thread, 'chat', question, stream_modes));
}

const code_of = (stream) => JSON.parse(stream.frames.find(({ event }) => event === 'error').data).error;

for (const [surface, args] of [
  ['langgraph', ['--surface', 'langgraph']],
  ['openai', ['--surface', 'openai', '--turns-per-thread', 0]],
]) {
  test(`1,000 calls that are the same are one call of the provider (${surface})`, async (t) => {
    const lane = { calls_at_once_max: 1, calls_waiting_max: 0 };
    const { mock, server } = await running(t, { first_token_delay: '10s', token_delay: '1ms' }, { lane });
    const figures = await load(server, [...args, '--agent', 'chat', '--text', question, '--burst', 1_000]);
    const [call, ...others] = await mock.journal();
    t.diagnostic(`${figures.finished} turns in ${figures.elapsed_s.toFixed(1)} s, ${1 + others.length} call of the provider`);
    assert.equal(figures.finished, 1_000, figures.printed);
    assert.equal(figures.wrong_answers, 0);
    assert.equal(others.length, 0);
    assert.equal(call.outcome, 'finished');
    const metrics = await server.metrics();
    assert.equal(metrics.sum('parlance_calls_joined_total', { role: 'main' }), 999);
    assert.equal(metrics.sum('parlance_lane_output_tokens_total'), 20, 'it was paid for once');
  });
}

test('one is charged for the call, and the others are told that it was shared', async (t) => {
  const { mock, server } = await running(t);
  const answers = await Promise.all(Array.from({ length: 5 }, async () => run_wait(server, await create_thread(server), 'chat', question)));
  assert.equal((await mock.journal()).length, 1);
  const messages = answers.map(({ json }) => json.messages.at(-1));
  assert.equal(new Set(texts(messages)).size, 1);
  const charged = messages.filter(({ usage_metadata }) => usage_metadata.output_tokens > 0);
  assert.equal(charged.length, 1);
  assert.equal(charged[0].response_metadata.answered_by, undefined);
  const shared = messages.filter(({ response_metadata }) => response_metadata.answered_by === 'shared_call');
  assert.equal(shared.length, 4);
});

test('who leaves does not hurt the others, and who comes later gets all of it', async (t) => {
  const { mock, server } = await running(t, { tokens: 100 });
  const [first, second] = await streams(server, 2);
  const says = (stream) => stream.reaches('something is said', () => streamed_text(stream.frames).length > 0);
  await Promise.all([first, second].map(says));
  first.cut();
  const [third] = await streams(server, 1);
  assert.equal(await second.end(), 'clean');
  assert.equal(await third.end(), 'clean');
  const text = streamed_text(second.frames);
  assert.match(text, / w99$/);
  assert.equal(streamed_text(third.frames), text);
  const journal = await mock.journal();
  assert.deepEqual(journal.map(({ outcome }) => outcome), ['finished']);
});

test('when all have left, the provider is left', async (t) => {
  const { mock, server } = await running(t, { tokens: 1_000 });
  const open = await streams(server, 3);
  await Promise.all(open.map((stream) => stream.reaches('something is said', () => stream.frames.length > 1)));
  for (const stream of open) stream.cut();
  await until('the provider saw them go', async () => (await mock.journal())[0].outcome === 'client_closed');
  assert.equal((await mock.journal()).length, 1);
});

test("each has its own deadline, and the first one's is not the others'", async (t) => {
  const { mock, server } = await running(t, { tokens: 50, token_delay: '30ms' });
  const hasty = complete(server, {}, { 'x-stainless-timeout': '1' });
  await until('it is asked', async () => (await mock.journal()).length === 1);
  const patient = await Promise.all(Array.from({ length: 3 }, () => complete(server)));
  assert.equal((await hasty).status, 504);
  assert.equal((await hasty).json.error.code, 'deadline_passed');
  for (const { status, json } of patient) {
    assert.equal(status, 200);
    assert.match(json.choices[0].message.content, / w49$/);
  }
  assert.deepEqual((await mock.journal()).map(({ outcome }) => outcome), ['finished']);
});

test('a provider that dies in mid-stream fails all of them alike', async (t) => {
  const { mock, server } = await running(t, { fault: 'cut' });
  const open = await streams(server, 4);
  await Promise.all(open.map((stream) => stream.end()));
  assert.deepEqual(open.map(code_of), Array(4).fill('provider_failed'));
  assert.equal((await mock.journal()).length, 1);
});

test('a call that fails before it says anything is tried again once for all', async (t) => {
  const { mock, server } = await running(t, { fault: '503', fault_count_max: 1 });
  const answers = await Promise.all(Array.from({ length: 4 }, () => complete(server)));
  for (const { status } of answers) assert.equal(status, 200);
  assert.equal((await mock.journal()).length, 2);
});

test('tenants share nothing', async (t) => {
  const { mock, server } = await started(t, {}, { auth: { keys_file: 'keys.json' } }, { dev: false });
  const keys = [await server.create_key({ tenant: 'blue' }), await server.create_key({ tenant: 'red' })];
  await server.begin();
  const asked = [...keys, ...keys].map((key) => complete(server, {}, { authorization: `Bearer ${key}` }));
  for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
  assert.equal((await mock.journal()).length, 2);
});

test('who wants an answer of his own gets it: a temperature, other options, an agent that says so', async (t) => {
  const { mock, server } = await running(t, {}, { agents: { alone: generate_agent(t, { joins_identical_calls: false }) } });
  const wishes = [{ temperature: 0.7 }, { temperature: 0.7 }, { seed: 1 }, { seed: 2 }, { model: 'alone' }, { model: 'alone' }];
  const answers = await Promise.all(wishes.map((wish) => complete(server, wish)));
  for (const { status } of answers) assert.equal(status, 200);
  assert.equal((await mock.journal()).length, wishes.length);
});

test('an agent that keeps answers pays once, streams them again, and asks anew when their time is over', async (t) => {
  const keeping = generate_agent(t, { answers_kept_time: '5s' });
  const { mock, server } = await running(t, { first_token_delay: '5ms', token_delay: '1ms' }, { agents: { keeping } });
  const ask = () => complete(server, { model: 'keeping' });
  const first = await ask();
  const kept_at = Date.now();
  const again = await ask();
  assert.equal(again.json.choices[0].message.content, first.json.choices[0].message.content);
  assert.ok(first.json.usage.total_tokens > 0);
  assert.equal(again.json.usage.total_tokens, 0);

  const thread = await create_thread(server);
  const stream = run_stream(server, thread, 'keeping', question, stream_modes);
  assert.equal(await stream.end(), 'clean');
  assert.equal(streamed_text(stream.frames), first.json.choices[0].message.content);
  const { json } = await run_wait(server, await create_thread(server), 'keeping', question);
  assert.equal(json.messages.at(-1).response_metadata.answered_by, 'kept_answer');
  assert.equal((await mock.journal()).length, 1);
  assert.equal((await server.metrics()).sum('parlance_kept_answers_total', { outcome: 'found' }), 3);

  await until('its time is over', () => Date.now() - kept_at > 5_000);
  await ask();
  assert.equal((await mock.journal()).length, 2);
});

test('an answer that is kept on disk costs nothing after a kill -9, until an operator has it forgotten', async (t) => {
  const keeping = generate_agent(t, { answers_kept_time: '1h' });
  const changes = { agents: { keeping }, answers: { kept_on_disk: true } };
  const { mock, server } = await running(t, { first_token_delay: '5ms', token_delay: '1ms' }, changes);
  const ask = () => complete(server, { model: 'keeping' });
  const forget = (query) => server.call(`/v1/admin/answers${query}`, { method: 'DELETE' });
  const first = await ask();
  await server.kill();
  await server.begin();
  const again = await ask();
  assert.equal(again.json.choices[0].message.content, first.json.choices[0].message.content);
  assert.equal(again.json.usage.total_tokens, 0);
  assert.equal((await mock.journal()).length, 1);

  assert.equal((await forget('?tenant=')).status, 422);
  assert.deepEqual((await forget('?tenant=other')).json, { forgotten: 0 });
  assert.deepEqual((await forget('?tenant=dev')).json, { forgotten: 1 });
  await server.kill();
  await server.begin();
  await ask();
  assert.equal((await mock.journal()).length, 2);
});

test('no more answers are kept than there is memory for', async (t) => {
  const keeping = generate_agent(t, { answers_kept_time: '1h' });
  const changes = { agents: { keeping }, answers: { kept_bytes_max: '0B' } };
  const { mock, server } = await running(t, { first_token_delay: '5ms', token_delay: '1ms' }, changes);
  for (let call = 0; call < 2; ++call) assert.equal((await complete(server, { model: 'keeping' })).status, 200);
  assert.equal((await mock.journal()).length, 2);
});

test('an answer that was cut or failed is not kept', async (t) => {
  const keeping = generate_agent(t, { answers_kept_time: '1h' });
  const { mock, server } = await running(t, { first_token_delay: '5ms', fault: 'cut', fault_count_max: 1 }, { agents: { keeping } });
  const ask = (more) => complete(server, { model: 'keeping', ...more });
  assert.equal((await ask()).status, 502);
  assert.equal((await ask({ max_tokens: 3 })).json.choices[0].finish_reason, 'length');
  assert.equal((await ask({ max_tokens: 3 })).json.choices[0].finish_reason, 'length');
  assert.equal((await ask()).status, 200);
  assert.equal((await mock.journal()).length, 4);
});
