// One crash under open streams, and the check of everything that clients were promised.
//
// The answer is a list of violations in words; empty when every promise was kept.

import { create_thread, history_texts, rejoin, run_stream, run_wait, streamed_text } from './langgraph.mjs';
import { elapse, for_all } from './wait.mjs';

const stream_mode = ['messages-tuple', 'custom', 'values'];

async function acknowledged_turn(server, acknowledged, text) {
  const thread = await create_thread(server);
  const answer = await run_wait(server, thread, 'echo', text);
  if (answer.status === 200) acknowledged.push({ thread, text });
}

// Turns on threads of their own, one after the other, until the server is gone.
async function keep_acknowledging(server, acknowledged) {
  for (let count = 0; ; count++) {
    try {
      await acknowledged_turn(server, acknowledged, `acknowledged ${count}`);
    } catch {
      return;
    }
  }
}

async function open_streams(server, count) {
  const threads = await Promise.all(Array.from({ length: count }, () => create_thread(server)));
  const clients = threads.map((thread, index) => {
    const text = `question ${index}`;
    return { thread, text, stream: run_stream(server, thread, 'chat', text, { stream_mode }) };
  });
  await Promise.all(
    clients.map(async (client) => {
      await client.stream.reaches('the first event', (stream) => stream.frames.length > 0);
      client.run = JSON.parse(client.stream.frames[0].data).run_id;
    }),
  );
  return clients;
}

// A client that comes back with its last id, held against a replay from the start.
async function check_client(server, { thread, text, run, stream }, violation) {
  const where = `thread ${thread}, run ${run}`;
  const last_id = stream.last_id;
  const resumed = rejoin(server, thread, run, { last_id, stream_mode });
  if ((await resumed.end()) !== 'clean' || resumed.status !== 200) {
    violation(`${where}: resuming after ${last_id} gave ${resumed.status} ${resumed.body}, ${resumed.ending}`);
    return;
  }
  const replay = rejoin(server, thread, run, { stream_mode });
  await replay.end();
  const seen = [...stream.frames, ...resumed.frames];
  const ids = seen.map((frame) => frame.id);
  if (ids.some((id) => !/^\d+-\d+$/.test(id ?? ''))) violation(`${where}: an event without an id among ${ids}`);
  if (new Set(ids).size !== ids.length) violation(`${where}: an event came twice`);
  const bytes = (frames) => frames.map((frame) => frame.raw).join('\n\n');
  if (bytes(seen) !== bytes(replay.frames)) {
    const at = seen.findIndex((frame, index) => frame.raw !== replay.frames[index]?.raw);
    violation(
      `${where}: resumed after ${last_id}, ${seen.length} events seen, ${replay.frames.length} replayed; first difference ` +
        `at ${at}:\n  saw    ${seen[at]?.raw.slice(0, 300)}\n  replay ${replay.frames[at]?.raw.slice(0, 300)}`,
    );
  }
  if (seen.at(-1)?.event === 'error') violation(`${where}: ended by ${seen.at(-1).data}`);
  const status = (await server.call(`/threads/${thread}/runs/${run}`)).json?.status;
  if (status !== 'success') violation(`${where}: the run is ${status}`);
  const history = await history_texts(server, thread);
  if (history.length !== 2 || history[0] !== text) violation(`${where}: its history is ${JSON.stringify(history)}`);
  if (streamed_text(seen) !== history[1]) violation(`${where}: the streamed text is not the message in the history`);
}

async function check_acknowledged(server, acknowledged, violation) {
  await for_all(acknowledged, 32, async ({ thread, text }) => {
    const history = await history_texts(server, thread);
    if (history.join('|') !== `${text}|echo: ${text}`) {
      violation(`thread ${thread}: the acknowledged turn "${text}" is not in its history ${JSON.stringify(history)}`);
    }
  });
}

// `answer_ms` is how long an answer takes; the crash comes at a random moment within it.
export async function crash_round({ server, random, streams, answer_ms }) {
  const violations = [];
  const violation = (text) => violations.push(text);
  const acknowledged = [];
  await for_all(Array.from({ length: 10 }, (_, index) => `before ${index}`), 10, (text) =>
    acknowledged_turn(server, acknowledged, text),
  );
  const clients = await open_streams(server, streams);
  const others = keep_acknowledging(server, acknowledged);
  await elapse(random.between(20, Math.floor(answer_ms * 0.8)));
  await server.kill();
  await Promise.all([others, ...clients.map((client) => client.stream.end())]);
  const cut = clients.filter((client) => client.stream.ending === 'cut').length;

  try {
    await server.begin();
  } catch (error) {
    return { violations: [`no restart: ${error.message}`], cut, acknowledged: acknowledged.length };
  }
  await Promise.all(
    clients.map((client) =>
      check_client(server, client, violation).catch((error) => violation(`thread ${client.thread}: ${error.message}`)),
    ),
  );
  await check_acknowledged(server, acknowledged, violation);
  return { violations, cut, acknowledged: acknowledged.length };
}
