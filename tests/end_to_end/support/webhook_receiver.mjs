// A receiver of webhooks on a port of its own, which can be away, answer what it likes, or hang; it verifies
// signatures as standardwebhooks.com says, by Node's own crypto.

import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

// `secret` is "whsec_…". True when one of the signatures is its own.
export function is_signed(secret, { headers, body }) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return headers['webhook-signature'].split(' ').some((signature) => {
    const [version, text] = signature.split(',');
    const given = Buffer.from(text, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

export class WebhookReceiver {
  // `answer(post)` gives a status, `[status, headers]`, or null to never answer.
  constructor(port, answer = () => 204) {
    this.port = port;
    this.answer = answer;
    this.posts = [];
  }

  static async start(t, port, answer) {
    const receiver = new WebhookReceiver(port, answer);
    t.after(() => receiver.leave());
    await receiver.come();
    return receiver;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  come() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on('data', (piece) => pieces.push(piece));
      request.on('end', () => {
        const post = { path: request.url, headers: request.headers, body: Buffer.concat(pieces).toString(), at: Date.now() };
        this.posts.push(post);
        const answer = this.answer(post, this.posts.length);
        if (answer === null) return;
        const [status, headers] = Array.isArray(answer) ? answer : [answer, {}];
        response.writeHead(status, headers).end();
      });
    });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject).listen(this.port, '127.0.0.1', () => {
        this.port = this.server.address().port;
        resolve();
      });
    });
  }

  // Refuses connections from here on.
  async leave() {
    if (!this.server) return;
    const { server } = this;
    this.server = null;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  // By id.
  bodies() {
    const found = new Map();
    for (const post of this.posts) {
      const id = post.headers['webhook-id'];
      found.set(id, [...(found.get(id) ?? []), post]);
    }
    return found;
  }
}
