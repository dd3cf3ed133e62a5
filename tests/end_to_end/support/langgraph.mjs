// The LangGraph surface by plain requests.

import { EventStream } from './event_stream.mjs';

export const human = (text) => ({ messages: [{ role: 'user', content: text }] });

export const run_body = (assistant_id, text, more = {}) => ({
  assistant_id,
  input: human(text),
  multitask_strategy: 'enqueue',
  ...more,
});

const with_key = (key) => (key === undefined ? {} : { 'x-api-key': key });

export async function create_thread(server, { thread_id, key } = {}) {
  const answer = await server.call('/threads', { method: 'POST', body: { thread_id }, headers: with_key(key) });
  if (answer.status !== 200) throw new Error(`POST /threads answered ${answer.status} ${answer.text}`);
  return answer.json.thread_id;
}

// The whole answer, whatever its status.
export function run_wait(server, thread, assistant, text, { key, ...more } = {}) {
  return server.call(`/threads/${thread}/runs/wait`, {
    method: 'POST',
    body: run_body(assistant, text, more),
    headers: with_key(key),
  });
}

export function run_stream(server, thread, assistant, text, { key, ...more } = {}) {
  return new EventStream(`${server.url}/threads/${thread}/runs/stream`, {
    method: 'POST',
    body: run_body(assistant, text, more),
    headers: with_key(key),
  });
}

// A run's stream again: from its start, or after `last_id`.
export function rejoin(server, thread, run, { last_id, stream_mode = [] } = {}) {
  const query = new URLSearchParams([].concat(stream_mode).map((mode) => ['stream_mode', mode]));
  return new EventStream(`${server.url}/threads/${thread}/runs/${run}/stream?${query}`, {
    headers: last_id === undefined ? {} : { 'last-event-id': last_id },
  });
}

export async function state_of(server, thread, { key } = {}) {
  return server.call(`/threads/${thread}/state`, { headers: with_key(key) });
}

export const texts = (messages) => messages.map((message) => message.content);

export async function history_texts(server, thread) {
  const answer = await state_of(server, thread);
  return texts(answer.json?.values?.messages ?? []);
}

// The text of a `messages-tuple` stream: the pieces of the last message that was streamed.
export function streamed_text(frames) {
  let id;
  let text = '';
  for (const frame of frames) {
    if (frame.event !== 'messages') continue;
    const [chunk] = JSON.parse(frame.data);
    if (chunk.id !== id) {
      id = chunk.id;
      text = '';
    }
    text += chunk.content;
  }
  return text;
}

// Asserts that a server works: one turn on a new thread.
export async function works(server, options = {}) {
  const thread = await create_thread(server, options);
  const answer = await run_wait(server, thread, 'echo', 'still here', options);
  if (answer.status !== 200 || !texts(answer.json.messages).includes('echo: still here')) {
    throw new Error(`the next good request got ${answer.status} ${answer.text}`);
  }
}
