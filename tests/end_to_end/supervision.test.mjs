// A part that fails is started again; who was in it gets a typed end or goes on; nobody else notices.
// The debug build, with failpoints in the shipped code.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  configuration_with, create_thread, history_texts, Mock, parlance_debug, run_body, run_stream, run_wait, Server,
  streamed_text, texts, until, within, works,
} from './harness.mjs';

// Streams on other threads that run while a part fails.
async function bystanders(server, count) {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const thread = await create_thread(server);
      const stream = run_stream(server, thread, 'slow', `{"ms":${1_000 + index}}`);
      await stream.reaches('it is accepted', () => stream.frames.length > 0);
      return { thread, stream };
    }),
  );
}

async function check_bystanders(others) {
  for (const { stream } of others) {
    assert.equal(await stream.end(), 'clean');
    assert.notEqual(stream.frames.at(-1).event, 'error', stream.frames.at(-1).data);
  }
}

// Ends typed: an HTTP refusal, `__error__`, or a whole answer.
function assert_typed(answer) {
  if (answer.status === 200) {
    const failed = answer.json.__error__;
    if (failed) assert.match(failed.error, /^[a-z_]+$/);
    return;
  }
  assert.ok([429, 500, 502, 503].includes(answer.status), `${answer.status} ${answer.text}`);
  assert.match(answer.headers['x-error-code'], /^[a-z_]+$/);
}

async function started(t, failpoints, settings) {
  const mock = await Mock.start(t, { tokens: 5, first_token_delay: '2ms', token_delay: '1ms', ...settings });
  const server = await Server.start(t, { configuration: configuration_with(mock), binary: parlance_debug, failpoints });
  return { mock, server };
}

// Turns one after the other until one does not succeed; the answers.
async function turns_until_failure(server, agent, text, most = 20) {
  const answers = [];
  for (let count = 0; count < most; count++) {
    const thread = await create_thread(server);
    const answer = await run_wait(server, thread, agent, text);
    answers.push(answer);
    assert_typed(answer);
    if (answer.status !== 200 || answer.json.__error__) break;
  }
  return answers;
}

const restarts = async (server) => (await server.metrics()).sum('parlance_restarts_total');

test('an exception in the model pool', async (t) => {
  const { server } = await started(t, 'llm_pool.ask=throw@4');
  const others = await bystanders(server, 5);
  await turns_until_failure(server, 'chat', 'hello');
  await until('the pool is back', async () => (await restarts(server)) >= 1);
  const thread = await create_thread(server);
  await until('the next call works', async () => (await run_wait(server, thread, 'chat', 'hello')).status === 200);
  await check_bystanders(others);
});

test('calls that were under way in the model pool end typed, or go on', async (t) => {
  const { server } = await started(t, 'llm_pool.ask=throw@6', { tokens: 50, token_delay: '20ms' });
  const streams = [];
  for (let index = 0; index < 8; index++) {
    const thread = await create_thread(server);
    const stream = run_stream(server, thread, 'chat', `question ${index}`, { stream_mode: 'messages-tuple' });
    streams.push({ thread, stream });
    await stream.reaches('it goes', () => stream.frames.length > 2 || stream.status >= 400).catch(() => {});
  }
  for (const { thread, stream } of streams) {
    assert.equal(await stream.end(), 'clean');
    if (stream.status !== 200) {
      assert.match(stream.headers['x-error-code'], /^[a-z_]+$/);
    } else if (stream.frames.at(-1).event === 'error') {
      assert.match(JSON.parse(stream.frames.at(-1).data).code, /^[a-z_]+$/);
    } else {
      assert.equal((await history_texts(server, thread)).at(-1), streamed_text(stream.frames));
    }
  }
  await works(server);
});

test('an exception in the retriever pool', async (t) => {
  const { server } = await started(t, 'retriever_pool.ask=throw@3');
  const others = await bystanders(server, 5);
  await turns_until_failure(server, 'library', 'What is a thread?');
  await until('the pool is back', async () => (await restarts(server)) >= 1);
  const thread = await create_thread(server);
  await until('the next search works', async () => (await run_wait(server, thread, 'library', 'What is a lane?')).status === 200);
  await check_bystanders(others);
});

test('an exception in a thread ends or resumes that thread alone', async (t) => {
  const { server } = await started(t, 'thread.turn=throw@9');
  const others = await bystanders(server, 5);
  const answers = await turns_until_failure(server, 'echo', 'hello', 10);
  assert.ok(answers.length > 0);
  const failures = async () => (await server.metrics()).sum('parlance_thread_failures_total');
  await until('the failure is counted', async () => (await failures()) === 1);
  await check_bystanders(others);
  await works(server);
});

for (const failpoint of ['journal.before_write', 'journal.after_write']) {
  test(`an exception in the journal's writer: ${failpoint}`, async (t) => {
    const { server } = await started(t, `${failpoint}=throw@30`);
    const others = await bystanders(server, 5);
    const acknowledged = [];
    for (let count = 0; count < 40; count++) {
      const thread = await create_thread(server);
      const answer = await run_wait(server, thread, 'echo', `turn ${count}`);
      assert_typed(answer);
      if (answer.status === 200) acknowledged.push({ thread, text: `turn ${count}` });
    }
    assert.ok(acknowledged.length >= 38, `${acknowledged.length} of 40`);
    await until('the writer was started again', async () => (await restarts(server)) >= 1);
    for (const { thread, text } of acknowledged) {
      assert.deepEqual(await history_texts(server, thread), [text, `echo: ${text}`]);
    }
    await check_bystanders(others);
    await works(server);
  });
}

for (const [failpoint, agent] of [
  ['llm_pool.ask', 'chat'],
  ['retriever_pool.ask', 'library'],
  ['journal.before_write', 'echo'],
]) {
  test(`past its intensity ${failpoint} fails readiness and ends the process with a reason`, async (t) => {
    const mock = await Mock.start(t, { tokens: 5, first_token_delay: '2ms', token_delay: '1ms' });
    const server = new Server({
      configuration: configuration_with(mock), binary: parlance_debug, failpoints: `${failpoint}=throw@1+`,
    });
    t.after(() => server.close());
    server.launch();
    const ready = await server.program.says(/^parlance: ready on (http:\/\/\S+)$/m).catch(() => null);
    let readiness_failed = ready === null;
    if (ready) {
      server.url = ready[1];
      // Each of these fails the part once more, until its supervisor gives up.
      (async () => {
        while (!server.program.end) {
          const turn = server.call('/runs/wait', {
            method: 'POST',
            agent: false,
            body: { assistant_id: agent, input: { messages: [{ role: 'user', content: 'What is a lane?' }] } },
          });
          turn.catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      (async () => {
        while (!server.program.end) {
          const status = await server.call('/readyz', { agent: false }).then((answer) => answer.status, () => 0);
          readiness_failed ||= status === 503;
        }
      })();
    }
    const end = await within(60_000, 'the process ends', server.program.ended);
    assert.ok(end.code > 0, JSON.stringify(end));
    assert.ok(readiness_failed, 'readiness failed first');
    assert.match(server.program.output, /intensity|restart|supervis/i);
  });
}

test('a turn that aborts the process every time is quarantined, the server serves, and an operator releases it', async (t) => {
  const failpoints = 'llm_pool.ask=abort@1+';
  const mock = await Mock.start(t, { tokens: 5 });
  const server = await Server.start(t, { configuration: configuration_with(mock), binary: parlance_debug, failpoints });
  const thread = await create_thread(server);
  const aborted = async () => (await within(60_000, 'the process ends', server.program.ended)).signal;
  // It begins later, so that it is on disk when the model is asked.
  const body = { ...run_body('library', 'What is a lane?'), after_seconds: 0.2 };
  const accepted = await server.call(`/threads/${thread}/runs`, { method: 'POST', body });
  assert.equal(accepted.status, 200, accepted.text);
  assert.equal(await aborted(), 'SIGABRT');
  for (let attempt = 2; attempt <= 3; attempt++) {
    server.launch();
    assert.equal(await aborted(), 'SIGABRT', `attempt ${attempt}`);
  }

  await server.begin();
  const quarantined = await until('the turn is quarantined', async () => {
    const { json } = await server.call('/v1/admin/quarantine');
    return json.turns.length > 0 && json.turns;
  });
  assert.deepEqual(quarantined.map((turn) => [turn.tenant, turn.thread_id, turn.agent]), [['dev', thread, 'library']]);
  assert.equal((await server.metrics()).sum('parlance_turns_quarantined'), 1);
  assert.match(server.program.output, /turn_quarantined/);
  const refused = await run_wait(server, thread, 'echo', 'next');
  assert.deepEqual([refused.status, refused.headers['x-error-code']], [409, 'quarantined']);
  const joined = await server.call(`/threads/${thread}/runs/${quarantined[0].run_id}/join`);
  assert.deepEqual([joined.status, joined.headers['x-error-code']], [409, 'quarantined']);
  assert.equal((await server.call(`/threads/${thread}`)).json.status, 'error');
  await works(server);

  await server.stop();
  server.failpoints = '';
  await server.begin();
  await until('it is listed', async () => (await server.call('/v1/admin/quarantine')).json.turns.length === 1);
  const released = await server.call(`/v1/admin/quarantine/dev/${thread}/release`, { method: 'POST' });
  assert.equal(released.status, 204, released.text);
  const values = await server.call(`/threads/${thread}/runs/${quarantined[0].run_id}/join`);
  assert.equal(texts(values.json.messages).at(-1), 'The documents do not answer this.'); // the mock quotes nothing
  assert.deepEqual((await server.call('/v1/admin/quarantine')).json.turns, []);
  assert.equal((await run_wait(server, thread, 'echo', 'next')).status, 200);
});
