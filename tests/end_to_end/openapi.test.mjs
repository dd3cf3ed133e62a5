// The document that the server shows of itself, held against the server, in both directions.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import add_formats from 'ajv-formats';
import { configuration, create_thread, human, root, Server } from './harness.mjs';

const methods = ['get', 'put', 'post', 'delete', 'options', 'patch', 'trace'];

class Document {
  constructor(json) {
    this.json = json;
    this.open = schemas_of(json);
    this.closed = schemas_of(closed(json));
  }

  static async of(server) {
    const answer = await server.call('/openapi.json');
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^application\/json/);
    return new Document(answer.json);
  }

  // What stands behind a reference, with the description that the reference gives it.
  resolve(value) {
    if (value?.$ref === undefined) return value;
    const found = value.$ref.slice(2).split('/').reduce((at, key) => at[key], this.json);
    return value.description === undefined ? found : { ...found, description: value.description };
  }

  // {id, method, route, operation, parameters} of each, in the document's order.
  operations() {
    return Object.entries(this.json.paths).flatMap(([route, item]) =>
      methods
        .filter((method) => item[method])
        .map((method) => ({
          id: item[method].operationId,
          method: method.toUpperCase(),
          route,
          operation: item[method],
          parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((each) => this.resolve(each)),
        })),
    );
  }

  operation(id) {
    const found = this.operations().find((each) => each.id === id);
    assert.ok(found, `there is no operation ${id}`);
    return found;
  }

  // The first example of the operation's body.
  body_of({ operation }) {
    const media = operation.requestBody?.content['application/json'];
    return media?.example ?? Object.values(media?.examples ?? {})[0]?.value;
  }

  // Asserts that the document foretells this answer: its status, type, headers, code and, for JSON, shape.
  assert_foretold(id, answer) {
    const { operation } = this.operation(id);
    const place = `${id} ${answer.status}`;
    assert.ok(operation.responses[answer.status], `${place} is not in the document: ${answer.text}`);
    const response = this.resolve(operation.responses[answer.status]);
    for (const name of Object.keys(answer.headers)) {
      if (!name.startsWith('x-') && !/location$|^retry-after/.test(name)) continue;
      if (/^x-(content-type-options|frame-options)$/.test(name)) continue;
      assert.ok(response.headers?.[name], `${place}: the header ${name} is not in the document`);
    }
    const code = answer.headers['x-error-code'];
    const { description } = response;
    if (code) assert.ok(description.includes(`\`${code}\``), `${place}: ${code} is not in "${description}"`);
    if (answer.status === 204) return;
    const type = answer.headers['content-type'].split(';')[0];
    assert.ok(response.content[type], `${place}: ${type} is not in the document`);
    if (type === 'application/json') this.assert_valid(response.content[type].schema, answer.json, place);
  }

  // No field may be missing, wrong or unknown to the document.
  assert_valid(schema, value, place) {
    const check = this.closed.compile(anchored(closed(schema)));
    assert.ok(check(value), `${place}: ${this.closed.errorsText(check.errors)}\n${JSON.stringify(value)}`);
  }
}

const id_of_document = 'https://parlance.test/openapi.json';

function schemas_of(json) {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, keywords: ['components'] });
  add_formats.default(ajv);
  ajv.addSchema({ $id: id_of_document, components: json.components });
  return ajv;
}

const map_objects = (value, change) => {
  if (Array.isArray(value)) return value.map((each) => map_objects(each, change));
  if (value === null || typeof value !== 'object') return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, each]) => [key, map_objects(each, change)])));
};

// The same schemas, where an object that does not say otherwise has no further fields.
const closed = (json) =>
  map_objects(json, (value) =>
    value.properties && value.type === 'object' && value.additionalProperties === undefined
      ? { ...value, additionalProperties: false }
      : value,
  );

// A schema that can be compiled by itself.
const anchored = (schema) =>
  map_objects(schema, (value) => (value.$ref?.startsWith('#') ? { ...value, $ref: id_of_document + value.$ref } : value));

const placeholders = {
  tenant: () => 'nobody',
  thread_id: () => randomUUID(),
  run_id: () => randomUUID(),
  checkpoint_id: () => randomUUID(),
  model: (route) => (route.includes('{provider}') ? 'extractive' : 'nobody'),
  provider: () => 'local',
  assistant_id: () => 'nobody',
};

// A file of a page is known by the page that asks for it.
async function file_of(server, route) {
  const folder = route.slice(0, route.lastIndexOf('/'));
  const page = await server.call(folder === '/chat' ? '/' : folder);
  const found = new RegExp(`(?:src|href)="${folder}/([^"/]+)"`).exec(page.text);
  assert.ok(found, `the page asks for no file of ${folder}`);
  return found[1];
}

async function call_with_placeholders(document, server, each) {
  let { route } = each;
  for (const [, name] of each.route.matchAll(/\{(\w+)\}/g)) {
    const value = name === 'file' ? await file_of(server, each.route) : placeholders[name](each.route);
    route = route.replace(`{${name}}`, value);
  }
  return server.call(route, { method: each.method, body: document.body_of(each) });
}

const started = async (t, changes = {}) => {
  const server = await Server.start(t, { configuration: configuration(changes) });
  return { server, document: await Document.of(server) };
};

test('it is valid OpenAPI 3.1, and so is every schema in it', async (t) => {
  const { document } = await started(t);
  const validator = new Validator();
  const result = await validator.validate(document.json);
  assert.ok(result.valid, JSON.stringify(result.errors, null, 2));
  assert.equal(validator.version, '3.1');
  for (const name of Object.keys(document.json.components.schemas)) {
    document.open.compile({ $ref: `${id_of_document}#/components/schemas/${name}` });
  }
  const ids = document.operations().map((each) => each.id);
  assert.equal(new Set(ids).size, ids.length, 'operation ids are unique');
  for (const { id, route, operation, parameters } of document.operations()) {
    const tags = document.json.tags.map((tag) => tag.name);
    assert.ok(operation.tags.length === 1 && tags.includes(operation.tags[0]), id);
    assert.ok(operation.summary, id);
    const named = [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    assert.deepEqual(parameters.filter((each) => each.in === 'path').map((each) => each.name), named, id);
  }
});

test('its examples fit their schemas', async (t) => {
  const { document } = await started(t);
  const check = (place, content) => {
    for (const [type, media] of Object.entries(content ?? {})) {
      if (type !== 'application/json') continue;
      const examples = Object.values(media.examples ?? {}).map((each) => each.value);
      if (media.example !== undefined) examples.push(media.example);
      const valid = document.open.compile(anchored(media.schema));
      for (const example of examples) assert.ok(valid(example), `${place}: ${document.open.errorsText(valid.errors)}`);
    }
  };
  for (const { id, operation } of document.operations()) {
    check(`${id} body`, operation.requestBody?.content);
    for (const [status, response] of Object.entries(operation.responses)) {
      check(`${id} ${status}`, document.resolve(response).content);
    }
  }
});

test('its error codes are those of docs/errors.md', async (t) => {
  const { document } = await started(t);
  const written = readFileSync(path.join(root, 'docs/errors.md'), 'utf8').matchAll(/^### (\S+)$/gm);
  assert.deepEqual(document.json.components.schemas.ErrorCode.enum, [...written].map((match) => match[1]));
});

test('every operation of it is a route of the server, which answers as foretold', async (t) => {
  const { server, document } = await started(t);
  for (const each of document.operations()) {
    const answer = await call_with_placeholders(document, server, each);
    const place = `${each.method} ${each.route}: ${answer.status} ${answer.text.slice(0, 200)}`;
    assert.notEqual(answer.status, 405, place);
    assert.notEqual(answer.headers['x-error-code'], 'not_found', place);
    assert.ok(answer.headers['x-request-id'] && answer.headers['x-parlance-version'], place);
    document.assert_foretold(each.id, answer);
  }
});

test('it says which routes are open and which need a key', async (t) => {
  const server = new Server({ configuration: configuration({ auth: { keys_file: 'keys.json' } }), dev: false });
  t.after(() => server.close());
  await server.create_key({ tenant: 'blue' });
  await server.begin();
  const document = await Document.of(server);
  for (const each of document.operations()) {
    const answer = await call_with_placeholders(document, server, each);
    const is_open = each.operation.security?.length === 0;
    assert.equal(answer.status !== 401, is_open, `${each.method} ${each.route}: ${answer.status}`);
    document.assert_foretold(each.id, answer);
  }
});

test('answers of the OpenAI family have the shapes that it says', async (t) => {
  const { server, document } = await started(t);
  const ask = (body) =>
    server.call('/v1/chat/completions', {
      method: 'POST',
      body: { model: 'library', messages: [{ role: 'user', content: 'What is a lane?' }], ...body },
    });
  document.assert_foretold('list_models', await server.call('/v1/models'));
  const estimate = { method: 'POST', body: document.body_of(document.operation('estimate_chat_completion')) };
  document.assert_foretold('estimate_chat_completion', await server.call('/v1/estimate', estimate));
  document.assert_foretold('get_model', await server.call('/v1/models/echo'));
  const completion = await ask({});
  assert.equal(completion.status, 200, completion.text);
  document.assert_foretold('create_chat_completion', completion);

  const stream = await ask({ stream: true, stream_options: { include_usage: true }, thread_id: 'shapes' });
  document.assert_foretold('create_chat_completion', stream);
  const data = [...stream.text.matchAll(/^data: (.*)$/gm)].map((match) => match[1]);
  assert.equal(data.pop(), '[DONE]');
  assert.ok(data.length > 2);
  for (const text of data) {
    document.assert_valid({ $ref: '#/components/schemas/ChatCompletionChunk' }, JSON.parse(text), 'a chunk');
  }

  for (const [status, answer] of [
    [400, await server.call('/v1/chat/completions', { method: 'POST', body: '{' })],
    [404, await ask({ model: 'nobody' })],
    [422, await ask({ temperature: 3 })],
    [422, await ask({ messages: 'hello' })],
  ]) {
    assert.equal(answer.status, status, answer.text);
    document.assert_foretold('create_chat_completion', answer);
  }
});

test('answers of the LangGraph family have the shapes that it says', async (t) => {
  const { server, document } = await started(t, { agents: { booking: path.join(root, 'bench/agents/booking') } });
  const get = async (id, route, status = 200) => {
    const answer = await server.call(route);
    assert.equal(answer.status, status, `${route}: ${answer.text}`);
    document.assert_foretold(id, answer);
    return answer;
  };
  const post = async (id, route, body, status = 200) => {
    const answer = await server.call(route, { method: 'POST', body });
    assert.equal(answer.status, status, `${route}: ${answer.text}`);
    document.assert_foretold(id, answer);
    return answer;
  };
  await get('info', '/info');
  await post('search_assistants', '/assistants/search', { limit: 2 });
  await get('get_assistant', '/assistants/library');

  const made = await post('create_thread', '/threads', { metadata: { customer: '7' }, ttl: { ttl: 60 } });
  const thread = `/threads/${made.json.thread_id}`;
  await post('create_thread', '/threads', { thread_id: made.json.thread_id }, 409);
  await get('get_thread_state', `${thread}/state`);
  const turn = { assistant_id: 'library', input: human('What is a lane?') };
  await post('wait_for_run', `${thread}/runs/wait`, turn);
  const created = await post('create_run', `${thread}/runs`, { ...turn, stream_mode: ['values', 'updates'] });
  const route = `${thread}/runs/${created.json.run_id}`;
  await get('join_run', `${route}/join`);
  await get('get_run', route);
  await get('list_runs', `${thread}/runs?limit=5`);
  await get('get_thread', thread);
  await get('get_thread_state', `${thread}/state`);
  await get('get_thread_history', `${thread}/history?limit=3`);
  const history = await post('search_thread_history', `${thread}/history`, { limit: 1 });
  const [{ checkpoint }] = history.json;
  await post('search_thread_history', `${thread}/history`, { before: { configurable: checkpoint } });
  await post('search_thread_history', `${thread}/history`, { before: 'zz' }, 404);
  await get('get_thread_state_at', `${thread}/state/${checkpoint.checkpoint_id}`);
  await get('get_thread_state_at', `${thread}/state/zz`, 404);
  await post('get_thread_state_at_checkpoint', `${thread}/state/checkpoint`, { checkpoint });
  await post('wait_for_run', `${thread}/runs/wait`, { ...turn, checkpoint });
  await post('create_run', `${thread}/runs`, { ...turn, checkpoint_id: 'zz' }, 404);
  await post('copy_thread', `${thread}/copy`);
  await post('copy_thread', `/threads/${randomUUID()}/copy`, undefined, 404);
  await get('join_run_stream', `${route}/stream`);
  await post('stream_run', `${thread}/runs/stream`, turn);
  await post('wait_for_stateless_run', '/runs/wait', turn);
  await post('create_stateless_run', '/runs', turn);

  await post('wait_for_run', `${thread}/runs/wait`, { assistant_id: 'booking', input: human('a table') });
  await get('get_thread', thread);
  await get('get_thread_state', `${thread}/state`);
  await post('update_thread_state', `${thread}/state`, { values: { guest: 'Ada' } });
  await get('get_thread_history', `${thread}/history?limit=3`);
  await post('update_thread_state', `${thread}/state`, { values: { nobody: 1 } }, 422);
  await post('create_run', `${thread}/runs`, { assistant_id: 'booking', command: { resume: 'no' }, interrupt_after: '*' });
  await get('list_runs', `${thread}/runs`);

  const slow = await create_thread(server);
  const waiting = await post('create_run', `/threads/${slow}/runs`, { assistant_id: 'slow', input: human('30000') });
  await post('create_run', `/threads/${slow}/runs`, { ...turn, multitask_strategy: 'reject' }, 409);
  await post('cancel_run', `/threads/${slow}/runs/${waiting.json.run_id}/cancel?wait=1`, undefined, 204);
  const failed = await get('join_run', `/threads/${slow}/runs/${waiting.json.run_id}/join`);
  assert.equal(failed.json.__error__.code, 'cancelled');

  await get('get_thread', `/threads/${randomUUID()}`, 404);
  await get('get_run', `${thread}/runs/${randomUUID()}`, 404);
  await get('list_runs', `${thread}/runs?limit=0`, 422);
  await post('create_run', `${thread}/runs`, { ...turn, command: { resume: 1 } }, 422);
});
