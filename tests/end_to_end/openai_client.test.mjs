// The official `openai` client, unchanged, against the OpenAI family.

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';
import { configuration, configuration_with, Mock, Server, until } from './harness.mjs';

const user = (content) => [{ role: 'user', content }];

function client_of(server, options = {}) {
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'dev', maxRetries: 0, ...options });
}

async function with_mock(t, settings = {}, changes = {}) {
  const mock = await Mock.start(t, { tokens: 10, first_token_delay: '5ms', token_delay: '1ms', ...settings });
  const server = await Server.start(t, { configuration: configuration_with(mock, changes) });
  return { mock, server, client: client_of(server) };
}

test('models are listed and looked up', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const client = client_of(server);
  const listed = [];
  for await (const model of client.models.list()) listed.push(model.id);
  assert.ok(listed.includes('chat') && listed.includes('library'));
  assert.equal((await client.models.retrieve('chat')).id, 'chat');
  await assert.rejects(client.models.retrieve('nope'), OpenAI.NotFoundError);
});

test('a completion has its text, its usage and its finish reason', async (t) => {
  const { client } = await with_mock(t);
  const answer = await client.chat.completions.create({ model: 'chat', messages: user('hello there') });
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.choices[0].message.role, 'assistant');
  assert.match(answer.choices[0].message.content, /hello there/);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.completion_tokens, 10);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 10);
  assert.ok(answer._request_id);
});

test('a stream gives the same text in pieces, and usage when asked for', async (t) => {
  const { client } = await with_mock(t);
  const body = { model: 'chat', messages: user('hello there') };
  const whole = (await client.chat.completions.create(body)).choices[0].message.content;
  const chunks = [];
  const stream = await client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), whole);
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  assert.equal(chunks.filter((chunk) => chunk.choices[0]?.finish_reason).length, 1);
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.completion_tokens, 10);
});

test("the client's own stream helper accepts the stream", async (t) => {
  const { client } = await with_mock(t);
  const runner = client.chat.completions.stream({ model: 'chat', messages: user('helper') });
  assert.match(await runner.finalContent(), /helper/);
});

test('a thread remembers; stateless calls carry their own history', async (t) => {
  const { mock, client } = await with_mock(t);
  const turn = (content) =>
    client.chat.completions.create({ model: 'chat', messages: user(content), thread_id: 'customer-7' });
  await turn('first');
  await turn('second');
  const conversation = [...user('one'), { role: 'assistant', content: 'two' }, ...user('three')];
  await client.chat.completions.create({ model: 'chat', messages: conversation });
  const seen = await mock.journal();
  const prompt_messages = seen[0].messages - 1; // the agent's system prompt, when it has one
  assert.deepEqual(
    seen.map((request) => request.messages - prompt_messages),
    [1, 3, 3],
  );
});

test('a model that the agent allows can be asked for', async (t) => {
  const { mock, client } = await with_mock(t);
  await client.chat.completions.create({ model: 'chat/mock-2', messages: user('hi') });
  assert.equal((await mock.journal())[0].model, 'mock-2');
});

test('an abort reaches the provider', async (t) => {
  const { mock, server, client } = await with_mock(t, { tokens: 2000, token_delay: '20ms' });
  const stream = await client.chat.completions.create({ model: 'chat', messages: user('endless'), stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) break; // leaving the loop aborts
  }
  const closed = await until('the provider saw its client go', async () =>
    (await mock.journal()).find((request) => request.outcome === 'client_closed'),
  );
  assert.ok(closed.tokens_sent < 500);
  await until('the slot is free', async () => (await server.metrics()).sum('parlance_pool_running', { pool: 'llm' }) === 0);
});

test('errors are of the classes that the client knows', async (t) => {
  const { server, client } = await with_mock(t, {}, { threads: { turns_waiting_max: 1 } });
  const create = (body, from = client) =>
    from.chat.completions.create({ model: 'chat', messages: user('x'), ...body });

  await assert.rejects(create({}, client_of(server, { apiKey: 'wrong' })), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.code, 'unauthenticated');
    return true;
  });
  await assert.rejects(create({ model: 'nope' }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.match(error.code, /^(model|agent)_not_found$/);
    return true;
  });
  await assert.rejects(create({ messages: 'x' }), (error) => {
    assert.ok(error instanceof OpenAI.UnprocessableEntityError || error instanceof OpenAI.BadRequestError);
    assert.match(error.param, /^messages/);
    assert.ok(error.requestID);
    return true;
  });
  await assert.rejects(create({ temperature: 'hot' }), { param: 'temperature' });

  // A thread holds one running turn and turns_waiting_max waiting ones.
  const busy = Array.from({ length: 4 }, () =>
    create({ model: 'slow', messages: user('{"ms":400}'), thread_id: 'busy' }).then(
      () => null,
      (error) => error,
    ),
  );
  const refused = (await Promise.all(busy)).filter(Boolean);
  assert.ok(refused.length === 2 || refused.length === 3, `${refused.length} of 4 were refused`);
  for (const error of refused) {
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.equal(error.code, 'mailbox_full');
    assert.ok(Number(error.headers.get('retry-after')) >= 1);
  }
});

test('the client retries a refusal by itself', async (t) => {
  const { server } = await with_mock(t, {}, { threads: { turns_waiting_max: 1 } });
  const client = client_of(server, { maxRetries: 5 });
  const answers = await Promise.all(
    Array.from({ length: 4 }, () =>
      client.chat.completions.create({ model: 'slow', messages: user('{"ms":100}'), thread_id: 'busy' }),
    ),
  );
  for (const answer of answers) assert.match(answer.choices[0].message.content, /waited 100 ms/);
});

test('a provider that fails before its first word is an HTTP error, one that is cut an error in the stream', async (t) => {
  const { mock, client } = await with_mock(t, { fault: '500' });
  await assert.rejects(
    client.chat.completions.create({ model: 'chat', messages: user('x') }),
    (error) => error instanceof OpenAI.InternalServerError,
  );
  await mock.set({ fault: 'cut', tokens: 100, first_token_delay: '1ms', token_delay: '10ms' });
  await assert.rejects(async () => {
    const stream = await client.chat.completions.create({ model: 'chat', messages: user('x'), stream: true });
    for await (const chunk of stream) assert.ok(chunk);
  }, /.+/);
  await mock.set({ fault: 'none', tokens: 3 });
  assert.ok(await client.chat.completions.create({ model: 'chat', messages: user('x') }));
});
