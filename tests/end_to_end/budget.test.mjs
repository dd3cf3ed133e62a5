// Money: never more is spent than the budget has, however many ask at once and whenever the process dies, and the ledger
// says what the provider says. BUDGET_KILLS is how many times a server is killed in the middle (3).

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { randomBytes } from 'node:crypto';
import { call, configuration_with, elapse, free_port, Mock, Random, Server, until } from './harness.mjs';
import { user } from './support/openai.mjs';
import { is_signed, WebhookReceiver } from './support/webhook_receiver.mjs';

const kills = Number(process.env.BUDGET_KILLS ?? 3);
const seed = Number(process.env.BUDGET_SEED ?? 1);
const turns = 500;
const turns_paid = 50;
const tokens_out = 20;

// In nano-units a token; a million of them cost as many units as a token costs thousands.
const price = { input: 1_000, output: 100_000 };
const prices = { version: 'test-1', models: { 'mock-1': { input: '1', output: '100' } } };

const text_of = (number) => `turn ${String(number).padStart(4, '0')}`;
const tokens_in = Math.floor(text_of(0).length / 4); // as the mock counts
const turn_nanos = tokens_in * price.input + tokens_out * price.output;
const budget_nanos = turns_paid * turn_nanos;

const nanos_of = (money) => Math.round(Number(money) * 1e9);
const cost_of = (entries) => entries.reduce((sum, entry) => sum + entry.tokens_in * price.input + entry.tokens_sent * price.output, 0);

async function started(t, budgets, { first_token_delay = '50ms' } = {}) {
  const mock = await Mock.start(t, { tokens: tokens_out, first_token_delay, token_delay: '2ms' });
  const changes = { lane: { calls_waiting_max: 1_000 }, prices, budgets };
  return { mock, changes, server: await Server.start(t, { configuration: configuration_with(mock, changes) }) };
}

const money_for_all = { tenant: { total: { money_max: String(budget_nanos / 1e9) } } };

// All at once, each on a connection of its own.
async function burst(server, count = turns) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: count });
  try {
    return await Promise.all(
      Array.from({ length: count }, (_, number) =>
        call(`${server.url}/v1/chat/completions`, {
          method: 'POST',
          agent,
          body: { model: 'chat', messages: user(text_of(number)), max_tokens: tokens_out },
        }).catch((error) => ({ status: 0, error })),
      ),
    );
  } finally {
    agent.destroy();
  }
}

async function usage(server, query) {
  const found = [];
  for (let after = ''; ; ) {
    const { status, json, text } = await server.call(`/v1/admin/usage?${query}${after && `&after=${after}`}`);
    assert.equal(status, 200, text);
    found.push(...(json.rows ?? json.sums));
    if (json.next === null) return found;
    after = json.next;
  }
}

const at_rest = (server) =>
  until('nothing runs', async () => (await server.metrics()).sum('parlance_mailbox_turns') === 0, { within: 60_000 });

test('500 turns at once against a budget for 50: no more is spent, and the ledger is the provider\'s', async (t) => {
  const { mock, server } = await started(t, money_for_all);
  const answers = await burst(server);
  await at_rest(server);
  const served = answers.filter(({ status }) => status === 200).length;
  const journal = await mock.journal();
  t.diagnostic(`${served} served, ${cost_of(journal)} of ${budget_nanos} nano-units spent`);
  for (const { status, headers, text } of answers.filter((answer) => answer.status !== 200)) {
    assert.equal(status, 429, text);
    assert.equal(headers['x-error-code'], 'budget_exhausted');
    assert.equal(headers['x-should-retry'], 'false');
    assert.equal(headers['retry-after'], undefined);
  }
  assert.ok(served >= turns_paid - 2 && served <= turns_paid, `${served} were served`);
  assert.ok(cost_of(journal) <= budget_nanos);

  const rows = await usage(server, 'limit=7');
  const counts = (entries, out) => entries.map((entry) => `${entry.tokens_in} ${entry[out]}`).sort();
  assert.deepEqual(counts(rows, 'tokens_out'), counts(journal, 'tokens_sent'));
  assert.equal(rows.reduce((sum, row) => sum + nanos_of(row.money), 0), cost_of(journal));
  assert.ok(rows.every((row) => row.counted === 'told' && row.price_version === 'test-1' && row.model === 'mock-1'));

  const metrics = await server.metrics();
  assert.ok(Math.abs(metrics.sum('parlance_model_cost_total') * 1e9 - cost_of(journal)) < 1);

  const [sum] = await usage(server, 'group_by=model');
  assert.deepEqual(
    { calls: sum.calls, out: sum.tokens_out, nanos: nanos_of(sum.money) },
    { calls: served, out: served * tokens_out, nanos: cost_of(journal) },
  );

  await until('a call beside which nothing runs is refused', async () => (await burst(server, 1))[0].status === 429);
  const alerts = (await server.metrics()).samples.filter(({ name, value }) => name === 'parlance_budget_alerts_total' && value > 0);
  const told = alerts.map(({ labels, value }) => [labels.payer, labels.share, value]);
  assert.deepEqual(told.sort(), [['tenant', '0.8', 1], ['tenant', '1', 1]]);
});

test(`across kill -9 no more than the budget is spent, ${kills} times`, async (t) => {
  const random = new Random(seed);
  const { mock, changes } = await started(t, money_for_all);
  let served_least = turns;
  let in_flight = 0;
  for (let round = 1; round <= kills; round += 1) {
    await mock.reset();
    const server = new Server({ configuration: configuration_with(mock, changes) });
    try {
      await server.begin();
      const before = burst(server);
      await elapse(random.between(0, 400));
      await server.kill();
      await before;
      await server.begin();
      await burst(server);
      await at_rest(server);
      const journal = await until('the provider is at rest', async () => {
        const entries = await mock.journal();
        return entries.every(({ outcome }) => outcome !== 'open') && entries;
      });
      const spent = cost_of(journal);
      const charged = (await usage(server, 'limit=1000')).reduce((sum, row) => sum + nanos_of(row.money), 0);
      const finished = journal.filter(({ outcome }) => outcome === 'finished').length;
      served_least = Math.min(served_least, finished);
      in_flight += journal.length - finished;
      assert.ok(spent <= budget_nanos, `round ${round}: ${spent} of ${budget_nanos} were spent`);
      assert.ok(charged >= spent, `round ${round}: ${charged} were charged for ${spent}`);
    } finally {
      await server.close();
    }
  }
  t.diagnostic(`${in_flight} calls cut, at least ${served_least} served`);
});

test('a user, a key and a thread have budgets of their own', async (t) => {
  const { server } = await started(t, { user: { day: { tokens_max: 60 } } }, { first_token_delay: '1ms' });
  const ask = (name) =>
    server.call('/v1/chat/completions', {
      method: 'POST',
      body: { model: 'chat', messages: user('hello'), max_tokens: tokens_out, user: name },
    });
  const statuses = async (name) => [await ask(name), await ask(name), await ask(name)].map(({ status }) => status);
  assert.deepEqual(await statuses('ada'), [200, 200, 429]);
  assert.deepEqual(await statuses('bob'), [200, 200, 429]);
  await server.kill();
  await server.begin();
  assert.equal((await ask('ada')).status, 429);
  assert.deepEqual(await statuses(undefined), [200, 200, 200]);
  const rows = await usage(server, 'user=ada');
  assert.equal(rows.length, 2);
  const [of_key] = await usage(server, 'group_by=key,day');
  assert.equal(of_key.calls, 7);
  assert.match(of_key.day, /^\d{4}-\d\d-\d\d$/);
});

test('an estimate is what the turn is then reserved with, and says which budget refuses it', async (t) => {
  const { server, mock } = await started(t, { user: { day: { tokens_max: 60 } } });
  const body = { model: 'chat', messages: user('hello'), max_tokens: tokens_out, user: 'ada' };
  const estimate = async () => {
    const { status, json, text } = await server.call('/v1/estimate', { method: 'POST', body });
    assert.equal(status, 200, text);
    return json;
  };
  const before = await estimate();
  assert.equal(before.refusal, null);
  assert.equal(before.call.tokens_out_max, tokens_out);
  assert.equal(nanos_of(before.call.money_max), before.call.tokens_in * price.input + tokens_out * price.output);
  assert.deepEqual(before.lanes, [{ provider: 'upstream', model: 'mock-1', takes_calls: true, wait_ms: 0 }]);
  assert.equal((await mock.journal()).length, 0);
  assert.deepEqual(await usage(server, 'limit=10'), []);

  const running = server.call('/v1/chat/completions', { method: 'POST', body });
  const [reserved] = await until('it is reserved', async () => {
    const rows = await usage(server, 'limit=10');
    return rows.length > 0 && rows;
  });
  assert.deepEqual(
    [reserved.counted, reserved.tokens_in, reserved.tokens_out, reserved.money],
    ['reserved', before.call.tokens_in, before.call.tokens_out_max, before.call.money_max],
  );
  assert.equal((await running).status, 200);
  assert.equal((await server.call('/v1/chat/completions', { method: 'POST', body })).status, 200);
  const { refusal } = await estimate();
  assert.deepEqual([refusal.code, refusal.payer, refusal.period], ['budget_exhausted', 'user', 'day']);
  assert.equal((await server.call('/v1/chat/completions', { method: 'POST', body })).status, 429);
});

test('each share of a budget is posted once, though the receiver is away and the server killed', async (t) => {
  const port = await free_port();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const receiver = new WebhookReceiver(port);
  t.after(() => receiver.leave());
  const mock = await Mock.start(t, { tokens: tokens_out, first_token_delay: '1ms', token_delay: '1ms' });
  const tokens_max = 5 * (Math.floor('hello'.length / 4) + tokens_out);
  const server = await Server.start(t, {
    configuration: configuration_with(mock, {
      webhooks: { secrets: [{ env: 'WEBHOOK_SECRET' }], hosts_allowed: [`127.0.0.1:${port}`], retry_wait_min: '50ms', retry_wait_max: '500ms' },
      budgets: { user: { month: { tokens_max } }, alert_at: [0.3, 0.7], alert_webhook: receiver.url },
    }),
    env: { WEBHOOK_SECRET: secret },
  });
  const ask = async (name) => {
    const body = { model: 'chat', messages: user('hello'), max_tokens: tokens_out, user: name };
    const answer = await server.call('/v1/chat/completions', { method: 'POST', body });
    assert.equal(answer.status, 200, answer.text);
  };
  await ask('ada');
  await ask('ada'); // two fifths
  await server.kill();
  await server.begin();
  await ask('ada');
  await server.kill();
  await receiver.come();
  await server.begin();
  await ask('ada'); // four fifths
  await until('both have come', () => receiver.bodies().size === 2);
  await until('none waits', async () => (await server.metrics()).sum('parlance_webhooks_waiting') === 0);
  await server.kill();
  await server.begin();
  await elapse(300);
  assert.equal(receiver.bodies().size, 2);
  const said = receiver.posts.map(({ body }) => JSON.parse(body));
  assert.deepEqual([...new Set(said.map(({ data }) => data.share))].sort(), [0.3, 0.7]);
  for (const [n, { type, data }] of said.entries()) {
    assert.ok(is_signed(secret, receiver.posts[n]));
    assert.equal(type, 'budget.alert');
    assert.deepEqual([data.payer, data.name, data.period, data.tokens_max, data.money_max], ['user', 'ada', 'month', tokens_max, null]);
  }
});
