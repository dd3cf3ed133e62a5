// Keys of providers: they rotate while turns run, and no secret shows anywhere.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { configuration, configuration_with, create_thread, elapse, Mock, run_wait, Server, texts, until } from './harness.mjs';
import { fixed_provider } from './support/fixed_provider.mjs';

const upstream = (mock, api_key) => ({ providers: { upstream: { kind: 'openai', base_url: `${mock.url}/v1`, api_key } } });

// As an operator's tool does it: the file is there at every moment, old or new.
function replace(file, text) {
  writeFileSync(`${file}.new`, `${text}\n`);
  renameSync(`${file}.new`, file);
}

async function started(t, key, source_of) {
  const mock = await Mock.start(t, { tokens: 5, first_token_delay: '5ms', token_delay: '1ms', key });
  const settings = configuration_with(mock);
  const server = new Server({ configuration: settings });
  t.after(() => server.close());
  const file = path.join(server.folder, 'provider.key');
  replace(file, key);
  settings.providers.upstream.api_key = source_of(file);
  writeFileSync(server.config_file, JSON.stringify(settings));
  await server.begin();
  return { mock, server, file };
}

const answered = (answer) => answer.status === 200 && !answer.json.__error__;

for (const [name, source_of] of Object.entries({
  'a file that is replaced': (file) => ({ file }),
  'what a command prints': (file) => ({ command: ['cat', file], ttl: '1h' }),
})) {
  test(`a key rotates under load, and no turn fails: ${name}`, async (t) => {
    const { mock, server, file } = await started(t, 'sk-first', source_of);
    let rotating = true;
    const answers = [];
    let asked = 0;
    const client = async () => {
      while (rotating) {
        const body = { model: 'chat', messages: [{ role: 'user', content: `hello ${(asked += 1)}` }] };
        const { status, text } = await server.call('/v1/chat/completions', { method: 'POST', body });
        answers.push({ status, text });
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    await elapse(1_200);
    for (const key of ['sk-second', 'sk-third']) {
      replace(file, key);
      await mock.set({ key });
      await elapse(1_500);
    }
    rotating = false;
    await clients;
    assert.ok(answers.length > 100, `${answers.length} turns`);
    const failed = answers.filter(({ status }) => status !== 200);
    assert.equal(failed.length, 0, failed[0]?.text);
    const refused = (await mock.journal()).filter(({ status }) => status === 401);
    assert.ok(refused.length >= 2, 'both times somebody had the old key');
    const log = server.program.stderr + server.program.stdout;
    assert.equal([...log.matchAll(/credential_changed/g)].length, 2);
    assert.ok(!/sk-(first|second|third)/.test(log));
  });
}

test('a key that was taken away fails typed, and is looked for once a second at most', async (t) => {
  const { mock, server, file } = await started(t, 'sk-first', (key_file) => ({
    command: ['sh', '-c', 'echo x >> "$0.runs"; cat "$0"', key_file],
  }));
  const thread = await create_thread(server);
  assert.ok(answered(await run_wait(server, thread, 'chat', 'hello')));
  await elapse(1_100);
  await mock.set({ key: 'sk-other' });
  const begun = performance.now();
  let asked = 0;
  const ask = async () => {
    const fresh = await create_thread(server);
    return run_wait(server, fresh, 'chat', `hello ${(asked += 1)}`);
  };
  const answers = await Promise.all(Array.from({ length: 40 }, ask));
  for (const answer of answers) assert.equal(answer.headers['x-error-code'] ?? answer.json.__error__.error, 'credentials_refused');
  const runs = readFileSync(`${file}.runs`, 'utf8').length / 2;
  assert.ok(runs >= 2 && runs <= 3 + (performance.now() - begun) / 1_000, `${runs} runs of the command`);
  replace(file, 'sk-other');
  await until('the new key is found', async () => answered(await ask()), { every: 200 });
});

test('a server does not start with a key that cannot be read, and says which', async (t) => {
  for (const [api_key, why] of [
    [{ file: 'missing.key' }, /providers\.upstream\.api_key: the file cannot be read/],
    [{ command: ['false'] }, /providers\.upstream\.api_key: the command ended with status 1/],
    [{ command: [] }, /providers\.upstream\.api_key: must be/],
    ['sk-plain', /never stands in the configuration/],
  ]) {
    const server = new Server({ configuration: configuration(upstream({ url: 'http://127.0.0.1:9' }, api_key)) });
    t.after(() => server.close());
    const program = server.launch();
    const end = await program.ended;
    assert.ok(end.code > 0);
    assert.match(program.stderr, why);
    assert.ok(!program.stderr.includes('sk-plain'));
  }
});

// Every file below a folder.
function files_of(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

test('planted secrets are found in no log, metric, error, answer or file', async (t) => {
  const canary = `canary-${randomUUID()}`;
  const secret = `whsec_${Buffer.from(`canary-${randomUUID()}`).toString('base64')}`;
  // A provider that repeats the key it was sent, in its error.
  const rude = await fixed_provider(t, 401, { error: { message: `Incorrect API key provided: ${canary}`, code: 'invalid_api_key' } });
  const settings = configuration({
    auth: { keys_file: 'keys.json' },
    storage: { path: 'data' },
    log: { level: 'debug' },
    ...upstream(rude, { env: 'CANARY' }),
    models: { main: [{ provider: 'upstream', model: 'm' }] },
    webhooks: { secrets: [{ env: 'HOOK' }], hosts_allowed: ['http://127.0.0.1:9'] },
  });
  const server = new Server({ configuration: settings, dev: false, env: { CANARY: canary, HOOK: secret } });
  t.after(() => server.close());
  const key = await server.create_key({ tenant: 'blue', scopes: 'chat,admin' });
  await server.begin();
  const seen = [];
  const see = async (answer) => seen.push(JSON.stringify((await answer).headers), (await answer).text);
  const thread = await create_thread(server, { key });
  for (const agent of ['chat', 'library', 'echo']) await see(run_wait(server, thread, agent, 'What is a lane?', { key, webhook: 'http://127.0.0.1:9/x' }));
  const headers = { authorization: `Bearer ${key}` };
  for (const model of ['chat', 'nothing']) {
    await see(server.call('/v1/chat/completions', { method: 'POST', headers, body: { model, messages: [{ role: 'user', content: 'hi' }] } }));
  }
  await see(server.call('/v1/models', { headers: { authorization: `Bearer ${key}x` } }));
  for (const place of ['/metrics', '/version', '/readyz', '/info', '/v1/admin/quarantine', `/threads/${thread}`, `/threads/${thread}/history`]) {
    await see(server.call(place, { headers }));
  }
  await server.stop();
  seen.push(server.program.stdout, server.program.stderr);
  const places = files_of(server.folder).filter((file) => file !== server.config_file);
  assert.ok(places.length > 3, places.join(' '));
  for (const file of places) seen.push(readFileSync(file, 'latin1'));
  assert.ok(seen.some((text) => text.includes('credentials_refused')), 'the provider was asked');
  const hidden_of_key = key.replace(/^[^_]*_[^_]*_/, '');
  for (const planted of [canary, secret, secret.slice('whsec_'.length), key, hidden_of_key]) {
    assert.ok(planted.length >= 40, `${planted} is found anywhere`);
    assert.ok(!seen.some((text) => text.includes(planted)), `found ${planted.slice(0, 10)}…`);
  }
});
