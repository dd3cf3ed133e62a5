// What the API shows when all is over: every thread, a replay of every stream from its start, and every keyed
// request once more.
//
//   threads   thread -> {asked_at, runs: [{run_id, status, updated_at, text}], messages}, with `unreadable` when
//             the server cannot show it
//   replays   "turn modes" -> {status, frames, end, body}
//   repeated  [{turn, what, status, text}]

import { EventStream } from '../end_to_end/support/event_stream.mjs';
import { call } from '../end_to_end/support/http.mjs';
import { for_all } from '../end_to_end/support/wait.mjs';

const at_once = 16;

async function read_thread(url, id) {
  const asked_at = Date.now();
  const runs = await call(`${url}/threads/${id}/runs?limit=1000`);
  if (runs.status === 404) return undefined;
  const state = await call(`${url}/threads/${id}/state`);
  if (runs.status !== 200 || state.status !== 200) {
    return { asked_at, unreadable: `${runs.status} ${runs.text}, ${state.status} ${state.text}`, runs: [], messages: [] };
  }
  return {
    asked_at,
    runs: runs.json.map(({ run_id, status, updated_at, kwargs }) => ({
      run_id, status, updated_at, text: kwargs.input.messages.at(-1)?.content,
    })),
    messages: state.json.values.messages ?? [],
  };
}

async function frames_of(stream) {
  const end = await stream.end();
  const frames = stream.frames.map(({ id, event, data, raw }) => ({ id, event, data, raw }));
  return { status: stream.status, frames, end, body: stream.body };
}

// Streams to replay: each that a client read, and one of all that can be shown of every run.
function streams_of(entries, turns, threads) {
  const streams = new Map();
  for (const { turn: name, run, modes } of entries.filter(({ type }) => type === 'connection')) {
    const turn = turns.get(name);
    const runs = threads[turn.thread]?.runs ?? [];
    const is_there = turn.api === 'openai' ? turn.key && runs.some(({ text }) => text === turn.text) : runs.some(({ run_id }) => run_id === run);
    if (!is_there) continue;
    streams.set(`${name} ${modes}`, { turn, run, modes });
  }
  const by_text = new Map([...turns.values()].map((turn) => [turn.text, turn]));
  for (const thread of Object.values(threads)) {
    for (const { run_id: run, text } of thread.runs) {
      const turn = by_text.get(text);
      const modes = 'messages-tuple,custom';
      if (turn) streams.set(`${turn.turn} ${modes}`, { turn, run, modes });
    }
  }
  return streams;
}

export async function final_read(url, entries, client) {
  const turns = new Map(entries.filter(({ type }) => type === 'turn').map((turn) => [turn.turn, turn]));
  const ids = [...new Set([...turns.values()].map((turn) => turn.thread).filter(Boolean))];
  const threads = {};
  await for_all(ids, at_once, async (id) => {
    const thread = await read_thread(url, id);
    if (thread) threads[id] = thread;
  });
  const replays = {};
  await for_all([...streams_of(entries, turns, threads)], at_once, async ([name, { turn, run, modes }]) => {
    const stream =
      modes === 'chunks'
        ? new EventStream(`${url}/v1/chat/completions`, client.post_options(turn, client.completion_body(turn, true)))
        : new EventStream(
            `${url}/threads/${turn.thread}/runs/${run}/stream?${new URLSearchParams(modes.split(',').map((mode) => ['stream_mode', mode]))}`,
          );
    replays[name] = await frames_of(stream);
  });
  // Answers of runs that were waited for, and stateless ones, under the same key.
  const answered = entries.filter(({ type, what, status }) => type === 'answer' && status === 200 && ['values', 'completion'].includes(what));
  const again = [...new Set(answered.map(({ turn }) => turn))].map((name) => turns.get(name)).filter((turn) => turn.key);
  const repeated = await for_all(again, at_once, async (turn) => {
    const first = answered.find((answer) => answer.turn === turn.turn);
    if (!turn.temporary && !threads[turn.thread]?.runs.some(({ text }) => text === turn.text)) return undefined;
    const route = turn.api === 'openai' ? '/v1/chat/completions' : turn.temporary ? '/runs/wait' : `/threads/${turn.thread}/runs/wait`;
    const body = turn.api === 'openai' ? client.completion_body(turn, false) : client.body(turn);
    const answer = await call(url + route, client.post_options(turn, body));
    return { turn: turn.turn, what: first.what, status: answer.status, text: answer.text };
  });
  return { threads, replays, repeated: repeated.filter(Boolean) };
}
