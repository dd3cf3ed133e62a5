// Tools through Parlance with the official `openai` clients: the model's calls reach the client, the client's answers the
// model. The mock calls the first tool that it is offered, with arguments that fit the tool's schema.

import assert from 'node:assert/strict';
import { z } from 'zod';
import { error_of, test_with_clients, user, with_mock } from './support/openai.mjs';

const tool = (name) => ({
  type: 'function',
  function: {
    name,
    description: `tells the ${name}`,
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] },
  },
});
const weather = tool('weather');
const body = { model: 'chat', messages: user('Oslo'), tools: [weather] };
const arguments_text = '{"city":"Oslo","days":42}';

const answer_to = (call, content) => ({ role: 'tool', tool_call_id: call.id, content });

test_with_clients('a tool is called, answered, and the answer spoken', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai, { tokens: 3 });
  const asked = await client.chat.completions.create({ ...body, tool_choice: 'auto' });
  const { message, finish_reason } = asked.choices[0];
  assert.equal(finish_reason, 'tool_calls');
  assert.equal(message.content, null);
  const id = message.tool_calls[0].id;
  assert.match(id, /^call_mock/);
  assert.deepEqual(message.tool_calls, [{ id, type: 'function', function: { name: 'weather', arguments: arguments_text } }]);
  const spoken = await client.chat.completions.create({
    ...body,
    messages: [...body.messages, message, answer_to(message.tool_calls[0], 'sunny')],
  });
  assert.equal(spoken.choices[0].message.content, 'sunny w1 w2');
  assert.equal(spoken.choices[0].finish_reason, 'stop');
  const seen = await mock.journal();
  assert.deepEqual(seen[0].options.tools, [weather]);
  assert.equal(seen[0].options.tool_choice, 'auto');
  assert.equal(seen[1].messages, seen[0].messages + 2);
});

test_with_clients('a call is streamed: its name first, then its arguments', async (t, openai) => {
  const { client } = await with_mock(t, openai, { tokens: 3 });
  const chunks = [];
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) chunks.push(chunk);
  const [first, ...rest] = chunks.flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  assert.deepEqual([first.index, first.type, first.function], [0, 'function', { name: 'weather', arguments: '' }]);
  assert.equal(rest.map((piece) => piece.function.arguments).join(''), arguments_text);
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'tool_calls');

  const events = [];
  const stream = client.chat.completions
    .stream(body)
    .on('tool_calls.function.arguments.delta', ({ name, index }) => events.push([name, index]))
    .on('tool_calls.function.arguments.done', (event) => events.push([event.name, event.index, event.arguments]));
  const message = await stream.finalMessage();
  assert.equal(message.tool_calls[0].function.arguments, arguments_text);
  assert.deepEqual(events.at(-1), ['weather', 0, arguments_text]);
  assert.deepEqual(events[0], ['weather', 0]);

  const messages = [...body.messages, message, answer_to(message.tool_calls[0], 'rain')];
  const spoken = client.chat.completions.stream({ ...body, messages });
  assert.equal(await spoken.finalContent(), 'rain w1 w2');
});

test_with_clients('two calls at once keep their order, whole and streamed', async (t, openai) => {
  const { client } = await with_mock(t, openai, { tokens: 2 });
  const two = { ...body, tools: [weather, tool('time')], parallel_tool_calls: true };
  const whole = (await client.chat.completions.create(two)).choices[0].message;
  const streamed = await client.chat.completions.stream(two).finalMessage();
  for (const message of [whole, streamed]) {
    assert.deepEqual(message.tool_calls.map((call) => call.function.name), ['weather', 'time']);
    assert.deepEqual(message.tool_calls.map((call) => call.function.arguments), [arguments_text, arguments_text]);
    assert.notEqual(message.tool_calls[0].id, message.tool_calls[1].id);
  }
  const answers = [answer_to(whole.tool_calls[1], 'noon'), answer_to(whole.tool_calls[0], 'snow')];
  const spoken = await client.chat.completions.create({ ...two, messages: [...two.messages, whole, ...answers] });
  assert.equal(spoken.choices[0].message.content, 'snow w1');
});

test_with_clients('tool_choice names the tool, or forbids all', async (t, openai) => {
  const { client } = await with_mock(t, openai, { tokens: 2 });
  const ask = async (tool_choice) =>
    (await client.chat.completions.create({ ...body, tools: [weather, tool('time')], tool_choice })).choices[0];
  const named = await ask({ type: 'function', function: { name: 'time' } });
  assert.deepEqual(named.message.tool_calls.map((call) => call.function.name), ['time']);
  assert.equal((await ask('required')).message.tool_calls.length, 1);
  const none = await ask('none');
  assert.deepEqual([none.message.content, none.finish_reason], ['Oslo w1', 'stop']);
  assert.equal(none.message.tool_calls, undefined);
});

test_with_clients('runTools calls the functions by itself and ends with the answer', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai, { tokens: 2 });
  for (const stream of [false, true]) {
    await mock.reset();
    const called = [];
    const tools = [
      {
        type: 'function',
        function: {
          ...weather.function,
          parse: JSON.parse,
          function: (told) => {
            called.push(told);
            return 'fog';
          },
        },
      },
    ];
    const runner = client.chat.completions.runTools({ ...body, stream, tools });
    assert.equal(await runner.finalContent(), 'fog w1');
    assert.deepEqual(called, [{ city: 'Oslo', days: 42 }]);
    assert.deepEqual(runner.messages.map((message) => message.role), ['user', 'assistant', 'tool', 'assistant']);
    assert.equal((await mock.journal()).length, 2);
  }
});

test_with_clients('arguments are parsed by the schema that described them', async (t, openai) => {
  const { client } = await with_mock(t, openai);
  const zod_tool = openai.zodFunction({ name: 'book', parameters: z.object({ table: z.number(), name: z.string() }) });
  const completion = await client.chat.completions.parse({ ...body, tools: [zod_tool] });
  assert.deepEqual(completion.choices[0].message.tool_calls[0].function.parsed_arguments, { table: 42, name: 'Oslo' });
});

test_with_clients('on a thread only the tool\'s answer is sent; the call is remembered', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai, { tokens: 2 });
  const on_thread = { ...body, thread_id: 'trip' };
  const asked = await client.chat.completions.create(on_thread);
  const [call] = asked.choices[0].message.tool_calls;
  const spoken = await client.chat.completions.create({ ...on_thread, messages: [answer_to(call, 'hail')] });
  assert.equal(spoken.choices[0].message.content, 'hail w1');
  const seen = await mock.journal();
  assert.equal(seen[1].messages, seen[0].messages + 2);
});

test_with_clients('calls and answers that are not whole are refused by their path', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai);
  const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } };
  const broken = async (changes, answer = answer_to(call, 'sunny')) => {
    const asked = { role: 'assistant', content: null, tool_calls: [{ ...call, ...changes }] };
    const messages = [...body.messages, asked, answer];
    const error = await error_of(client.chat.completions.create({ ...body, messages }));
    assert.deepEqual([error.status, error.code], [422, 'invalid_value']);
    return error.param;
  };
  const place = 'messages[1].tool_calls[0]';
  assert.equal(await broken({ id: undefined }), `${place}.id`);
  assert.equal(await broken({ function: { arguments: '{}' } }), `${place}.function.name`);
  assert.equal(await broken({ function: { name: 'weather', arguments: {} } }), `${place}.function.arguments`);
  assert.equal(await broken({}, { role: 'tool', content: 'sunny' }), 'messages[2].tool_call_id');
  assert.equal(await broken({}, answer_to({ id: 'none' }, 'sunny')), 'messages[2].tool_call_id');
  assert.equal(await broken({}, { role: 'user', content: 'never mind' }), 'messages[1].tool_calls');
  assert.deepEqual(await mock.journal(), []);
});

// chat shows its model 20 messages.
test_with_clients('a long loop of tool calls keeps its question, and no call is parted from its answer', async (t, openai) => {
  const { mock, client } = await with_mock(t, openai, { tokens: 2 });
  const rounds = Array.from({ length: 15 }, (_, i) => {
    const call = { id: `c${i}`, type: 'function', function: { name: 'weather', arguments: '{}' } };
    return [{ role: 'assistant', content: null, tool_calls: [call] }, answer_to(call, `answer ${i}`)];
  });
  await client.chat.completions.create({ ...body, messages: [...user('Is Oslo dry?'), ...rounds.flat()] });
  const [seen] = await mock.journal();
  assert.equal(seen.messages, 19);
});

test_with_clients('a tool that is none is refused by its path', async (t, openai) => {
  const { client } = await with_mock(t, openai);
  const refused = async (more) => {
    const error = await error_of(client.chat.completions.create({ ...body, ...more }));
    assert.equal(error.status, 422);
    return error.param;
  };
  assert.equal(await refused({ tools: 'weather' }), 'tools');
  assert.equal(await refused({ tools: [weather, { type: 'function', function: {} }] }), 'tools[1].function.name');
  assert.equal(await refused({ tool_choice: 'sometimes' }), 'tool_choice');
  assert.equal(await refused({ response_format: { type: 'xml' } }), 'response_format.type');
  assert.equal(await refused({ stop: 7 }), 'stop');
});

test_with_clients('an answer that comes late or twice is told as the user says it, and the thread goes on', async (t, openai) => {
  const { client } = await with_mock(t, openai, { tokens: 2 });
  const turn = async (thread_id, message, more = {}) => {
    const { choices } = await client.chat.completions.create({ model: 'chat', thread_id, messages: [message], ...more });
    return choices[0].message;
  };
  for (const first of ['twice', 'late']) {
    const { tool_calls } = await turn(first, { role: 'user', content: 'Oslo' }, { tools: [weather] });
    const told = answer_to(tool_calls[0], 'sunny');
    await turn(first, first === 'twice' ? told : { role: 'user', content: 'never mind' });
    assert.equal((await turn(first, told)).content, 'sunny w1');
    assert.equal((await turn(first, { role: 'user', content: 'hello' })).content, 'hello w1');
  }
});
