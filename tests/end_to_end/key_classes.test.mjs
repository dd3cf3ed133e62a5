// What keys say of their calls: the weight of their tenant's share of a lane, and who gives way when there is too little.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { configuration_with, create_thread, elapse, Mock, parlance, run, run_body, Server, until } from './harness.mjs';
import { user } from './support/openai.mjs';

// A server with a key of each class, in front of a mock.
async function started(t, { keys, lane, settings }) {
  const mock = await Mock.start(t, { tokens: 2, token_delay: '0ms', ...settings });
  const server = new Server({ configuration: configuration_with(mock, { auth: { keys_file: 'keys.json' }, lane }), dev: false });
  t.after(() => server.close());
  const made = { operator: await server.create_key({ tenant: 'ops', scopes: 'admin' }) };
  for (const [name, of_key] of Object.entries(keys)) made[name] = await server.create_key({ tenant: name, ...of_key });
  await server.begin();
  let asked = 0;
  const headers = (name) => ({ authorization: `Bearer ${made[name]}` });
  const ask = (name) =>
    server.call('/v1/chat/completions', {
      method: 'POST',
      body: { model: 'chat', messages: user(`${name} ${(asked += 1)}`) },
      headers: headers(name),
    });
  const lane_now = async () => (await server.call('/v1/admin/pools', { headers: headers('operator') })).json.lanes[0];
  return { mock, server, made, ask, headers, lane_now };
}

test('tenants that want more than there is share it by the weights of their keys', async (t) => {
  const keys = { heavy: { weight: 3 }, light: {} };
  const lane = { calls_at_once_max: 4, adapts: false, calls_waiting_max: 200 };
  const { mock, ask, lane_now } = await started(t, { keys, lane, settings: { first_token_delay: '20ms' } });
  let goes_on = true;
  const sends = async (name) => {
    while (goes_on) assert.equal((await ask(name)).status, 200);
  };
  const senders = ['heavy', 'light'].flatMap((name) => Array.from({ length: 24 }, () => sends(name)));
  await until('both wait', async () => Object.keys((await lane_now()).waiting_by_tenant).length === 2);
  assert.deepEqual((await lane_now()).weight_by_tenant, { heavy: 3, light: 1 });
  await mock.reset();
  await elapse(4_000);
  const journal = (await mock.journal()).filter(({ outcome }) => outcome === 'finished');
  goes_on = false;
  await Promise.all(senders);
  const heavy = journal.filter(({ text }) => text.startsWith('heavy')).length;
  t.diagnostic(`${heavy} of ${journal.length} calls are those of the tenant of weight 3 to 1`);
  assert.ok(journal.length > 100, `${journal.length} calls`);
  assert.ok(Math.abs(heavy / journal.length - 0.75) < 0.05, `${heavy} of ${journal.length}`);
});

test('where all places are taken, sheddable calls go first, and critical ones come before others', async (t) => {
  const keys = { batch: { criticality: 'sheddable' }, site: {}, desk: { criticality: 'high' } };
  const lane = { calls_at_once_max: 1, adapts: false, calls_waiting_max: 2 };
  const { mock, ask, lane_now } = await started(t, { keys, lane, settings: { first_token_delay: '2s' } });
  const waiting = async (criticalities) => {
    const expected = { sheddable: 0, normal: 0, high: 0, ...criticalities };
    await until(`${JSON.stringify(expected)} wait`, async () => isDeepStrictEqual((await lane_now()).waiting_by_criticality, expected));
  };
  const runs = ask('site');
  await until('it runs', async () => (await mock.stats()).requests === 1);
  const batch = [ask('batch'), ask('batch')];
  await waiting({ sheddable: 2 });
  const desk = ask('desk');
  await waiting({ sheddable: 1, high: 1 });
  const site = ask('site');
  await waiting({ normal: 1, high: 1 });
  for (const answer of [...(await Promise.all(batch)), await ask('batch')]) {
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.json.error.code, 'model_queue_full');
    assert.ok(Number(answer.headers['retry-after']) >= 1);
  }
  for (const answer of await Promise.all([runs, desk, site])) assert.equal(answer.status, 200, answer.text);
});

test('a turn that goes on after kill -9 is as critical as its key', async (t) => {
  const keys = { desk: { criticality: 'high', weight: 9 } };
  const lane = { calls_at_once_max: 1, adapts: false };
  const { server, made, lane_now } = await started(t, { keys, lane, settings: { fault: 'hang' } });
  const wait = () =>
    until('two wait', async () => {
      const { waiting_by_criticality, weight_by_tenant } = await lane_now();
      return waiting_by_criticality.high === 2 && weight_by_tenant.desk === 9;
    });
  for (let turn = 0; turn < 3; turn += 1) {
    const thread = await create_thread(server, { key: made.desk });
    const begun = await server.call(`/threads/${thread}/runs`, {
      method: 'POST',
      body: run_body('chat', `hello ${turn}`),
      headers: { 'x-api-key': made.desk },
    });
    assert.equal(begun.status, 200, begun.text);
  }
  await wait();
  await server.kill();
  await server.begin();
  await wait();
  await server.kill();
});

test('a key takes its new weight on while the server runs', async (t) => {
  const keys = { desk: {} };
  const lane = { calls_at_once_max: 1, adapts: false };
  const { server, ask, lane_now } = await started(t, { keys, lane, settings: { first_token_delay: '300ms' } });
  const file = path.join(server.folder, 'keys.json');
  const changed = JSON.parse(readFileSync(file, 'utf8'));
  for (const key of changed.keys) key.weight = 5;
  writeFileSync(file, JSON.stringify(changed));
  await until('the new weight counts', async () => {
    const answers = [ask('desk'), ask('desk'), ask('desk')];
    await until('one waits', async () => (await lane_now()).waiting > 0);
    const { weight_by_tenant } = await lane_now();
    await Promise.all(answers);
    return weight_by_tenant.desk === 5;
  });
});

test('weights and criticalities that there are not are refused by name', async (t) => {
  const { server } = await started(t, { keys: {}, lane: {}, settings: {} });
  for (const [option, value] of [['--weight', '0'], ['--weight', '101'], ['--weight', 'x'], ['--criticality', 'urgent']]) {
    const end = await run(parlance, ['keys', 'create', '--config', server.config_file, '--tenant', 'acme', option, value]);
    assert.equal(end.code, 2, end.stderr);
    assert.match(end.stderr, new RegExp(option));
  }
  const listed = await run(parlance, ['keys', 'list', '--config', server.config_file]);
  assert.match(listed.stdout, /ops .* weight 1 {2}normal/);
});
