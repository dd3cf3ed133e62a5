// A provider that says exactly the bytes that a test tells it to, however wrong they are.

import net from 'node:net';

const status_texts = { 200: 'OK', 429: 'Too Many Requests' };

// `script(say)` runs for each request: `say(bytes)` writes, `say.cut()` closes in the middle, `say.reset()` sends an RST.
// What it does not close stays open. `provider.calls` counts the requests.
export async function raw_provider(t, script) {
  const provider = { calls: 0 };
  const sockets = new Set();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let asked = '';
    socket.setEncoding('latin1').on('data', (bytes) => {
      asked += bytes;
      const head = asked.indexOf('\r\n\r\n');
      const length = Number(/content-length: *(\d+)/i.exec(asked)?.[1] ?? 0);
      if (head < 0 || asked.length < head + 4 + length) return;
      asked = asked.slice(head + 4 + length);
      provider.calls += 1;
      const say = (text) => socket.write(text);
      say.cut = () => socket.end();
      say.reset = () => socket.resetAndDestroy();
      script(say);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  provider.url = `http://127.0.0.1:${server.address().port}`;
  return provider;
}

// A whole answer that is no stream.
export function whole(status, body, fields = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...fields };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${status_texts[status] ?? 'Status'}\r\n${head.join('')}\r\n${text}`;
}

export const stream_head =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n';
export const stream_end = '0\r\n\r\n';

export const chunk = (bytes) =>
  Buffer.concat([Buffer.from(`${Buffer.byteLength(bytes).toString(16)}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')]);

// An event of a stream, as a chunk of its own.
export const event = (data, name) =>
  chunk(`${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
