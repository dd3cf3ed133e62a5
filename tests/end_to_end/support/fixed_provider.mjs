// Providers that answer every call with the same: for what the mock does not say.

import http from 'node:http';
import { setTimeout } from 'node:timers/promises';

async function provider(t, answer) {
  const server = http.createServer((request, response) => {
    request.resume();
    answer(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}` };
}

// With this status and JSON.
export const fixed_provider = (t, status, body) =>
  provider(t, (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });

// With these deltas of a stream, one after the other, and a last one that says why it ends.
export const streaming_provider = (t, deltas, { delay_ms = 0, finish_reason = 'stop' } = {}) =>
  provider(t, async (response) => {
    const send = (choice) => response.write(`data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const delta of deltas) {
      send({ delta, finish_reason: null });
      if (delay_ms > 0) await setTimeout(delay_ms);
    }
    send({ delta: {}, finish_reason });
    response.end('data: [DONE]\n\n');
  });

// A text as deltas of so many characters.
export const deltas_of = (text, characters = 7) =>
  Array.from({ length: Math.ceil(text.length / characters) }, (_, at) => ({
    content: text.slice(at * characters, (at + 1) * characters),
  }));

// A completion in which the model refuses.
export const refusing = (refusal) => ({
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: null, refusal }, finish_reason: 'stop' }],
});
