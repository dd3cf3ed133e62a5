// A provider that answers every call with the same status and JSON: for what the mock does not say.

import http from 'node:http';

export async function fixed_provider(t, status, body) {
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}` };
}

// A completion in which the model refuses.
export const refusing = (refusal) => ({
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: null, refusal }, finish_reason: 'stop' }],
});
