// The receiver of a crash run's webhooks: late, failing or away as the seed says, so that the server is killed in the
// middle of deliveries. A webhook's path names its turn.

import { createHash } from 'node:crypto';
import { call } from '../end_to_end/support/http.mjs';
import { elapse } from '../end_to_end/support/wait.mjs';
import { is_signed, WebhookReceiver } from '../end_to_end/support/webhook_receiver.mjs';

const late_ms_max = 300;
const away_ms_max = 300;
const last_path = '/caught-up';

const secret = `whsec_${createHash('sha256').update('crash run').digest('base64')}`;

export class Receiver {
  takes_all = false; // set: answers every webhook, at once

  #away_until = 0;

  static async start(t, random) {
    const receiver = new Receiver();
    receiver.random = random;
    receiver.webhooks = await WebhookReceiver.start(t, 0, (post) => receiver.#answer(post));
    return receiver;
  }

  // Of the server that posts to it.
  get settings() {
    return {
      secrets: [{ env: 'WEBHOOK_SECRET' }],
      hosts_allowed: [`127.0.0.1:${this.webhooks.port}`],
      deliveries_per_receiver_max: 16,
      retry_wait_min: '20ms',
      retry_wait_max: '200ms',
    };
  }

  env = { WEBHOOK_SECRET: secret };

  url_of(turn) {
    return `${this.webhooks.url}/${turn}`;
  }

  // Resolves when all that was sent before is among the posts: connections are accepted in their order, and what they
  // brought is read in the next turns of the event loop.
  async catch_up() {
    await call(`http://127.0.0.1:${this.webhooks.port}${last_path}`, { agent: false });
    for (let turn = 0; turn < 5; turn++) await elapse(1);
  }

  // As the history has them.
  posts() {
    const posts = this.webhooks.posts.filter(({ path }) => path !== last_path);
    return posts.map(({ path, at, headers, body, signed, status }) => ({
      turn: path.split('/').at(-1), at, id: headers['webhook-id'], body, signed, status,
    }));
  }

  async #answer(post) {
    if (post.path === last_path) return 204;
    post.signed = is_signed(secret, post);
    if (this.takes_all) return 204;
    if (this.random.next() < 0.02) this.#away_until = Date.now() + this.random.between(0, away_ms_max);
    if (Date.now() < this.#away_until) return 'cut';
    const kind = this.random.next();
    if (kind < 0.15) return 503;
    if (kind < 0.5) await elapse(this.random.between(10, late_ms_max));
    return 204;
  }
}
