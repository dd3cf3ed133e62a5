// The end of every run with a webhook reaches its receiver, signed, whatever happened to either of them meanwhile; and
// nowhere else. DOWN_SECONDS is how long the receiver is away in the first test.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { configuration, create_thread, elapse, free_port, run_body, Server, until } from './harness.mjs';
import { is_signed, WebhookReceiver } from './support/webhook_receiver.mjs';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const older_secret = `whsec_${randomBytes(24).toString('base64')}`;
const down_seconds = Number(process.env.DOWN_SECONDS ?? 5);

const settings = (port, webhooks = {}) => ({
  secrets: [{ env: 'WEBHOOK_SECRET' }],
  hosts_allowed: [`127.0.0.1:${port}`],
  retry_wait_min: '50ms',
  retry_wait_max: '500ms',
  attempt_time_max: '1s',
  ...webhooks,
});

async function server_for(t, port, { webhooks = {}, ...changes } = {}) {
  return Server.start(t, {
    configuration: configuration({ webhooks: settings(port, webhooks), ...changes }),
    env: { WEBHOOK_SECRET: secret, OLDER_SECRET: older_secret },
  });
}

const post = (server, route, body) => server.call(route, { method: 'POST', body });

const run = (webhook, text = 'hi', agent = 'echo', more = {}) => run_body(agent, text, { webhook, ...more });

async function metric(server, name, labels = {}) {
  const { samples } = await server.metrics();
  return samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value;
}

test('a receiver that is down, across kill -9, gets each completion exactly once by its id', async (t) => {
  const port = await free_port();
  const server = await server_for(t, port);
  const receiver = new WebhookReceiver(port);
  t.after(() => receiver.leave());
  const down_until = Date.now() + down_seconds * 1000;
  const asked = new Map(); // run -> its text
  const thread = await create_thread(server);
  const complete = async (count) => {
    for (let i = 0; i < count; i += 1) {
      const text = `${asked.size}`; // to the slow agent, milliseconds
      const routes = [`/threads/${thread}/runs`, `/threads/${thread}/runs/wait`, '/runs/wait', '/runs', '/runs/stream'];
      const answer = await post(server, routes[i % routes.length], run(receiver.url, text, i % 4 === 0 ? 'slow' : 'echo'));
      assert.equal(answer.status, 200, answer.text);
      asked.set(/runs\/([^/]+)/.exec(answer.headers['content-location'])[1], text);
    }
  };
  await complete(20);
  await server.kill();
  await server.begin();
  await complete(20);
  await elapse(Math.max(0, down_until - Date.now() - 1000));
  await server.kill();
  await receiver.come();
  await server.begin();

  await until('each has come', () => receiver.bodies().size >= asked.size, { within: 30_000 });
  await until('none waits', async () => (await metric(server, 'parlance_webhooks_waiting')) === 0);
  const bodies = receiver.bodies();
  assert.deepEqual([...bodies.keys()].sort(), [...asked.keys()].sort());
  for (const [id, posts] of bodies) {
    for (const each of posts) {
      assert.equal(each.body, posts[0].body, 'a repetition is the same');
      assert.ok(is_signed(secret, each));
      assert.equal(each.headers['content-type'], 'application/json');
    }
    const said = JSON.parse(posts[0].body);
    assert.equal(said.run_id, id);
    assert.equal(said.status, 'success');
    const texts = said.values.messages.map((message) => message.content);
    assert.ok(texts.includes(asked.get(id)), `${id}: ${texts}`);
    for (const name of ['run_started_at', 'run_ended_at', 'webhook_sent_at', 'created_at', 'updated_at']) {
      assert.ok(Date.parse(said[name]) > 0, name);
    }
    assert.ok(!('error' in said));
  }
  const posts = receiver.posts.length;
  await server.stop();
  await server.begin();
  await elapse(500);
  assert.equal(receiver.posts.length, posts, 'what was delivered is not delivered again');
});

test('a receiver that fails at first is asked again, and its Retry-After obeyed', async (t) => {
  const answers = [500, 404, [503, { 'retry-after': '1' }], 200];
  const receiver = await WebhookReceiver.start(t, 0, (_, count) => answers[count - 1]);
  const server = await server_for(t, receiver.port);
  await post(server, '/runs/wait', run(receiver.url));
  await until('four attempts', () => receiver.posts.length === 4);
  assert.ok(receiver.posts[3].at - receiver.posts[2].at >= 990);
  assert.equal(receiver.bodies().size, 1);
  assert.equal(new Set(receiver.posts.map((each) => each.body)).size, 1);
  await until('it is over', async () => (await metric(server, 'parlance_webhooks_waiting')) === 0);
  assert.equal(await metric(server, 'parlance_webhook_attempts_total', { outcome: 'failed' }), 3);
  assert.equal(await metric(server, 'parlance_webhook_attempts_total', { outcome: 'delivered' }), 1);
});

test('a receiver that hangs is given up for the time, and holds no other up', async (t) => {
  const hanging = await WebhookReceiver.start(t, 0, (_, count) => (count <= 4 ? null : 200));
  const other = await WebhookReceiver.start(t, 0);
  const server = await server_for(t, 1, {
    webhooks: {
      hosts_allowed: [`127.0.0.1:${hanging.port}`, `127.0.0.1:${other.port}`],
      deliveries_at_once_max: 5,
      deliveries_per_receiver_max: 4,
      attempt_time_max: '3s',
    },
  });
  for (let i = 0; i < 8; i += 1) await post(server, '/runs/wait', run(hanging.url));
  await until('the one hangs', () => hanging.posts.length >= 4);
  for (let i = 0; i < 4; i += 1) await post(server, '/runs/wait', run(other.url));
  await until('the other has its own', () => other.bodies().size === 4);
  await until('the one that hung has its own', () => hanging.bodies().size === 8 && hanging.posts.length >= 12);
  const last_of_other = Math.max(...other.posts.map((each) => each.at));
  assert.ok(last_of_other < hanging.posts[4].at, 'it did not wait for the attempts that hang');
});

test('a redirect is not followed, and 410 ends it', async (t) => {
  const elsewhere = await WebhookReceiver.start(t, 0);
  const receiver = await WebhookReceiver.start(t, 0, (_, count) =>
    count === 1 ? [307, { location: elsewhere.url }] : 410,
  );
  const server = await server_for(t, receiver.port);
  await post(server, '/runs/wait', run(receiver.url));
  await until('it was given up', async () => (await metric(server, 'parlance_webhooks_given_up_total', { reason: 'gone' })) === 1);
  assert.equal(receiver.posts.length, 2);
  assert.equal(elsewhere.posts.length, 0);
  assert.equal(await metric(server, 'parlance_webhooks_waiting'), 0);
});

test('failed, timed out and cancelled runs are told too; one that is rolled back is not', async (t) => {
  const receiver = await WebhookReceiver.start(t, 0);
  const server = await server_for(t, receiver.port);
  const thread = await create_thread(server);
  const slow = () => post(server, `/threads/${thread}/runs`, run(receiver.url, '60000', 'slow'));
  const cancelled = (await slow()).json.run_id;
  await post(server, `/threads/${thread}/runs/${cancelled}/cancel?wait=1`);
  const gone = (await slow()).json.run_id;
  await post(server, `/threads/${thread}/runs/${gone}/cancel?wait=1&action=rollback`);
  const limited = { config: { recursion_limit: 1 } };
  await post(server, '/runs/wait', run(receiver.url, 'What is a lane?', 'library', limited));
  await until('both have come', () => receiver.posts.length === 2);
  const said = receiver.posts.map((each) => JSON.parse(each.body));
  assert.equal(said.find((each) => each.run_id === cancelled).status, 'interrupted');
  const failed = said.find((each) => each.run_id !== cancelled);
  assert.equal(failed.status, 'error');
  assert.match(failed.error, /^steps_exceeded: /);
});

test('where webhooks may go is said by the operator', async (t) => {
  const receiver = await WebhookReceiver.start(t, 0);
  const server = await server_for(t, receiver.port);
  for (const [url, why] of [
    [`http://localhost:${receiver.port}/hook`, /not allowed/],
    [`http://127.0.0.1:${receiver.port + 1}/hook`, /not allowed/],
    ['https://example.com/hook', /not allowed/],
    [`http://user:password@127.0.0.1:${receiver.port}/hook`, /user name/],
    ['ftp://127.0.0.1/hook', /http/],
    [`${receiver.url}/${'x'.repeat(2_100)}`, /2048/],
    ['/hook', /http/],
  ]) {
    const answer = await post(server, '/runs/wait', run(url));
    assert.equal(answer.status, 422, url);
    assert.equal(answer.headers['x-error-code'], 'invalid_value');
    assert.match(answer.text, /^webhook: /);
    assert.match(answer.text, why);
  }
  const number = await post(server, '/runs/wait', run(7));
  assert.equal(number.status, 422);
  assert.match(number.text, /^webhook: /);
  assert.equal(receiver.posts.length, 0);
  const query = await post(server, '/runs/wait', run(`${receiver.url}/?a=b&c=d%20e`));
  assert.equal(query.status, 200, query.text);
  await until('it has come', () => receiver.posts.length === 1);
  assert.equal(receiver.posts[0].path, '/hook/?a=b&c=d%20e');
});

test('without secrets no webhook is taken, and it is said what to set', async (t) => {
  const server = await Server.start(t, { configuration: configuration() });
  const answer = await post(server, '/runs/wait', run('https://example.com/'));
  assert.equal(answer.status, 400);
  assert.equal(answer.headers['x-error-code'], 'webhooks_off');
});

test('at the bound, turns with a webhook are refused, and others are not', async (t) => {
  const port = await free_port();
  const server = await server_for(t, port, { webhooks: { deliveries_waiting_max: 3 } });
  const receiver = new WebhookReceiver(port);
  t.after(() => receiver.leave());
  for (let i = 0; i < 3; i += 1) assert.equal((await post(server, '/runs/wait', run(receiver.url))).status, 200);
  const refused = await post(server, '/runs/wait', run(receiver.url));
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['x-error-code'], 'webhooks_full');
  assert.ok(refused.headers['retry-after']);
  assert.equal((await post(server, '/runs/wait', run_body('echo', 'hi'))).status, 200);

  await server.stop();
  await server.begin();
  assert.equal((await post(server, '/runs/wait', run(receiver.url))).status, 503, 'from the first request');
  await receiver.come();
  await until('there is room', async () => (await metric(server, 'parlance_webhooks_waiting')) === 0);
  assert.equal((await post(server, '/runs/wait', run(receiver.url))).status, 200);
  await until('all four have come', () => receiver.bodies().size === 4);
});

test('a thread that is deleted takes its webhooks along', async (t) => {
  const port = await free_port();
  const server = await server_for(t, port);
  const receiver = new WebhookReceiver(port);
  t.after(() => receiver.leave());
  const deleted = await create_thread(server);
  await post(server, `/threads/${deleted}/runs/wait`, run(receiver.url, 'forget me'));
  const kept = await create_thread(server);
  await post(server, `/threads/${kept}/runs/wait`, run(receiver.url, 'keep me'));
  assert.equal((await server.call(`/threads/${deleted}`, { method: 'DELETE' })).status, 204);
  await receiver.come();
  await until('none waits', async () => (await metric(server, 'parlance_webhooks_waiting')) === 0);
  assert.equal(receiver.bodies().size, 1);
  assert.match(receiver.posts[0].body, /keep me/);
});

test('while secrets rotate, both sign', async (t) => {
  const receiver = await WebhookReceiver.start(t, 0);
  const server = await server_for(t, receiver.port, {
    webhooks: { secrets: [{ env: 'WEBHOOK_SECRET' }, { env: 'OLDER_SECRET' }] },
  });
  await post(server, '/runs/wait', run(receiver.url));
  await until('it has come', () => receiver.posts.length === 1);
  assert.ok(is_signed(secret, receiver.posts[0]));
  assert.ok(is_signed(older_secret, receiver.posts[0]));
  assert.ok(!is_signed(`whsec_${randomBytes(32).toString('base64')}`, receiver.posts[0]));
});

test('logs hold neither what a webhook says nor its path', async (t) => {
  const port = await free_port();
  const server = await server_for(t, port, { webhooks: { retry_time_max: '300ms' } });
  await post(server, '/runs/wait', run(`http://127.0.0.1:${port}/hook/path-secret?key=query-secret`, 'text-secret'));
  await until('it was given up', async () =>
    (await metric(server, 'parlance_webhooks_given_up_total', { reason: 'out_of_time' })) === 1,
  );
  const { output } = server.program;
  assert.match(output, /webhook_given_up/);
  assert.doesNotMatch(output, /path-secret|query-secret|text-secret|whsec_/);
});
