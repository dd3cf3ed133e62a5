// The official `openai` clients, unchanged, against the OpenAI family: answers, streams, structured output.

import assert from 'node:assert/strict';
import { z } from 'zod';
import { configuration, configuration_with, Server, until } from './harness.mjs';
import { fixed_provider } from './support/fixed_provider.mjs';
import { client_of, error_of, test_with_clients, user, with_mock } from './support/openai.mjs';

test_with_clients('models are listed and looked up', async (t, openai) => {
  const server = await Server.start(t, { configuration: configuration() });
  const client = client_of(openai, server);
  const listed = [];
  for await (const model of client.models.list()) listed.push(model);
  assert.deepEqual(listed.map((model) => model.id).sort(), ['chat', 'concierge', 'echo', 'library', 'slow']);
  for (const model of listed) assert.deepEqual([model.object, model.owned_by, typeof model.created], ['model', 'parlance', 'number']);
  assert.deepEqual(await client.models.retrieve('chat'), listed.find((model) => model.id === 'chat'));
  await assert.rejects(client.models.retrieve('nope'), { status: 404, code: 'model_not_found' });
});

test_with_clients('a completion has its text, its usage and its finish reason', async (t, openai) => {
  const { client } = await with_mock(t, openai);
  const answer = await client.chat.completions.create({ model: 'chat', messages: user('hello there') });
  assert.equal(answer.object, 'chat.completion');
  assert.match(answer.id, /^chatcmpl-/);
  assert.equal(answer.model, 'chat');
  assert.deepEqual(answer.choices, [
    {
      index: 0,
      message: { role: 'assistant', content: 'hello there w1 w2 w3 w4 w5 w6 w7 w8 w9', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ]);
  assert.equal(answer.usage.completion_tokens, 10);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 10);
  assert.ok(answer._request_id);
});

test_with_clients('an answer that a limit or a stop sequence ends says so', async (t, openai) => {
  const { client } = await with_mock(t, openai);
  const ask = async (more) => (await client.chat.completions.create({ model: 'chat', messages: user('hi'), ...more })).choices[0];
  const limited = await ask({ max_completion_tokens: 3 });
  assert.deepEqual([limited.message.content, limited.finish_reason], ['hi w1 w2', 'length']);
  const stopped = await ask({ stop: ['w8', ' w5'] });
  assert.deepEqual([stopped.message.content, stopped.finish_reason], ['hi w1 w2 w3 w4', 'stop']);
});

test_with_clients('a quoted answer that a limit ends is shown as far as it is quoted and cited', async (t, openai) => {
  const server = await Server.start(t, { configuration: configuration() });
  const client = client_of(openai, server);
  const ask = async (more) =>
    (await client.chat.completions.create({ model: 'concierge', messages: user('What time does breakfast start and end, and where?'), ...more }))
      .choices[0];
  const whole = await ask({});
  assert.equal(whole.finish_reason, 'stop');
  const sentences = whole.message.content.match(/.*?\[\d+\]/g);
  const words = (text) => text.trim().split(/\s+/).length;
  let shown = '';
  for (const sentence of sentences) {
    shown += sentence;
    const cut = words(shown) < words(whole.message.content);
    const { message, finish_reason } = await ask({ max_tokens: words(shown) });
    assert.deepEqual([message.content, finish_reason], [shown, cut ? 'length' : 'stop']);
  }
  for (const model of ['concierge', 'library']) {
    const asked = model === 'library' ? { messages: user('What is a lane?') } : {};
    const { message, finish_reason } = await ask({ max_tokens: 2, model, ...asked });
    assert.deepEqual([message.content, finish_reason], ['', 'length']);
  }
});

test_with_clients('a model that is cut in the middle of a sentence is shown up to its last citation', async (t, openai) => {
  const quoted = 'Dogs of up to 60 pounds are welcome in the pet rooms on the first floor of the Garden Wing. [1]';
  const completion = (content) => ({ model: 'm', choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'length' }] });
  for (const [said, shown] of [[`${quoted} Cats are`, quoted], ['Dogs of up to 60', '']]) {
    const provider = await fixed_provider(t, 200, completion(said));
    const server = await Server.start(t, { configuration: configuration_with(provider) });
    const ask = { model: 'concierge', messages: user('Can I bring my dog?') };
    const { message, finish_reason } = (await client_of(openai, server).chat.completions.create(ask)).choices[0];
    assert.deepEqual([message.content, finish_reason], [shown, 'length']);
  }
});

test_with_clients('what a request says of the answer reaches the provider', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai);
  const options = {
    temperature: 0.25,
    top_p: 0.5,
    seed: 7,
    stop: ['###'],
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    max_tokens: 99,
    user: 'customer-7',
    service_tier: 'flex',
    prediction: { type: 'content', content: 'hi there' },
  };
  await client.chat.completions.create({ model: 'chat', messages: user('hi'), ...options });
  assert.deepEqual((await mock.journal())[0].options, options);
});

test_with_clients('a stream gives the same text in pieces, and usage when asked for', async (t, openai) => {
  const { client } = await with_mock(t, openai);
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
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));

  const without = [];
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) without.push(chunk);
  assert.ok(without.every((chunk) => chunk.choices.length === 1 && !chunk.usage));
});

test_with_clients("the client's stream helper tells of each piece and of the whole", async (t, openai) => {
  const { client } = await with_mock(t, openai);
  const seen = { connect: 0, chunk: 0, end: 0 };
  let text = '';
  let done;
  const stream = client.chat.completions
    .stream({ model: 'chat', messages: user('helper'), stream_options: { include_usage: true } })
    .on('content.delta', ({ delta }) => (text += delta))
    .on('content.done', ({ content }) => (done = content));
  for (const name of Object.keys(seen)) stream.on(name, () => (seen[name] += 1));
  const final = await stream.finalChatCompletion();
  const expected = 'helper w1 w2 w3 w4 w5 w6 w7 w8 w9';
  assert.deepEqual([text, done, await stream.finalContent(), final.choices[0].message.content], Array(4).fill(expected));
  assert.equal(final.choices[0].finish_reason, 'stop');
  assert.equal((await stream.totalUsage()).completion_tokens, 10);
  assert.equal((await stream.finalMessage()).role, 'assistant');
  assert.deepEqual([seen.connect, seen.end], [1, 1]);
  assert.ok(seen.chunk >= 3);
});

const Dish = z.object({
  name: z.string(),
  price: z.number().min(50),
  kind: z.enum(['starter', 'main']),
  allergens: z.array(z.string()),
  wine: z.object({ vegan: z.boolean() }).nullable(),
});

test_with_clients('structured output is parsed into what the schema describes', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai);
  const body = { model: 'chat', messages: user('a dish'), response_format: openai.zodResponseFormat(Dish, 'dish') };
  const expected = { name: 'a dish', price: 50, kind: 'starter', allergens: ['a dish'], wine: { vegan: true } };
  const completion = await client.chat.completions.parse(body);
  assert.deepEqual(completion.choices[0].message.parsed, expected);
  const { response_format } = (await mock.journal())[0].options;
  assert.equal(response_format.json_schema.name, 'dish');
  assert.deepEqual(response_format, JSON.parse(JSON.stringify(body.response_format)));

  let done;
  const stream = client.chat.completions.stream(body).on('content.done', ({ parsed }) => (done = parsed));
  const final = await stream.finalChatCompletion();
  assert.deepEqual([done, final.choices[0].message.parsed], [expected, expected]);
});

test_with_clients('structured output that does not fit is repaired once, and both calls are charged', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai, { fault: 'misfit', fault_count_max: 1 });
  const body = { model: 'chat', messages: user('a dish'), response_format: openai.zodResponseFormat(Dish, 'dish') };
  const completion = await client.chat.completions.parse(body);
  assert.equal(completion.choices[0].message.parsed.name, 'This is not the JSON that was asked for:');
  const seen = await mock.journal();
  assert.deepEqual(seen.map((request) => request.messages - seen[0].messages), [0, 2]);
  assert.match(seen[1].text, /^This is not the JSON that was asked for: \$ must be of type object/);
  const told = seen.reduce((sum, request) => sum + request.tokens_in, 0);
  const sent = seen.reduce((sum, request) => sum + request.tokens_sent, 0);
  assert.deepEqual([completion.usage.prompt_tokens, completion.usage.completion_tokens], [told, sent]);

  await mock.reset();
  let shown = '';
  const stream = client.chat.completions.stream(body).on('content.delta', ({ delta }) => (shown += delta));
  const { parsed, content } = (await stream.finalChatCompletion()).choices[0].message;
  assert.equal(shown, content);
  assert.deepEqual(JSON.parse(shown), parsed);
});

test_with_clients('structured output that never fits is a typed error', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai, { fault: 'misfit' });
  const body = { model: 'chat', messages: user('a dish'), response_format: openai.zodResponseFormat(Dish, 'dish') };
  const error = await error_of(client.chat.completions.create(body));
  assert.deepEqual([error.status, error.code], [502, 'answer_unfit']);
  assert.match(error.message, /\$ must be of type object/);
  assert.equal((await mock.journal()).length, 2);
  const format = { type: 'json_schema', json_schema: { name: 'odd', schema: { type: 'object', patternProperties: {} } } };
  const refused = await error_of(client.chat.completions.create({ ...body, response_format: format }));
  assert.deepEqual([refused.status, refused.param], [422, 'response_format.json_schema.schema.patternProperties']);
});

test_with_clients('an answer can be asked for as any JSON object', async (t, openai) => {
  const { client } = await with_mock(t, openai);
  const body = { model: 'chat', messages: user('as JSON'), response_format: { type: 'json_object' } };
  const answer = await client.chat.completions.create(body);
  assert.deepEqual(JSON.parse(answer.choices[0].message.content), { answer: 'as JSON' });
});

test_with_clients('a thread remembers; stateless calls carry their own history', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai);
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

test_with_clients('a model that the agent allows can be asked for', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai);
  await client.chat.completions.create({ model: 'chat/mock-2', messages: user('hi') });
  assert.equal((await mock.journal())[0].model, 'mock-2');
});

const aborts = {
  'leaving the loop': async (client, body) => {
    for await (const chunk of await client.chat.completions.create(body)) if (chunk.choices[0]?.delta.content) break;
  },
  "the stream's controller": async (client, body) => {
    const stream = await client.chat.completions.create(body);
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort();
  },
  "the helper's abort()": async (client, { stream: _, ...body }) => {
    const stream = client.chat.completions.stream(body).on('content', () => stream.abort());
    await stream.done().catch(() => {});
  },
  'the signal of a call': async (client, { stream: _, ...body }) => {
    await client.chat.completions.create(body, { signal: AbortSignal.timeout(100) }).catch(() => {});
  },
};
for (const [way, abort] of Object.entries(aborts)) {
  test_with_clients(`an abort reaches the provider, by ${way}`, async (t, openai) => {
    const { mock, server, client } = await with_mock(t, openai, { tokens: 2000, token_delay: '20ms' });
    await abort(client, { model: 'chat', messages: user('endless'), stream: true });
    const closed = await until('the provider saw its client go', async () =>
      (await mock.journal()).find((request) => request.outcome === 'client_closed'),
    );
    assert.ok(closed.tokens_sent < 500);
    await until('the slot is free', async () => (await server.metrics()).sum('parlance_pool_running', { pool: 'llm' }) === 0);
  });
}
