// Reads server-sent events and keeps every frame as the bytes that came, so that a replay can be
// compared to what a client saw.

import { open_request } from './http.mjs';
import { within } from './wait.mjs';

const is_comment = (frame) => frame.split('\n').every((line) => line.startsWith(':'));

// One frame: {raw, event, data, id}; `raw` is its text without the empty line that ends it.
function parse_frame(raw) {
  const frame = { raw, event: 'message', data: '', id: undefined };
  for (const line of raw.split('\n')) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === 'event') frame.event = value;
    if (field === 'id') frame.id = value;
    if (field === 'data') frame.data += frame.data ? `\n${value}` : value;
  }
  return frame;
}

export class EventStream {
  frames = [];
  heartbeats = 0;
  status = 0;
  headers = {};
  body = ''; // of an answer that is no event stream
  ending = null; // 'clean' or 'cut'

  #text = '';
  #watchers = new Set();

  constructor(url, options = {}) {
    this.#request = open_request(url, options);
    this.opened = new Promise((resolve) => {
      this.#request.on('response', (response) => {
        this.status = response.statusCode;
        this.headers = response.headers;
        this.#response = response;
        response.setEncoding('utf8');
        response.on('data', (text) => this.#take(text));
        response.on('end', () => this.#end('clean'));
        response.on('error', () => this.#end('cut'));
        response.on('aborted', () => this.#end('cut'));
        resolve();
      });
      this.#request.on('error', () => {
        this.#end('cut');
        resolve();
      });
    });
    this.ended = new Promise((resolve) => this.#watchers.add(() => this.ending && resolve(this.ending)));
  }

  #request;
  #response;

  #take(text) {
    if (!/^text\/event-stream/.test(this.headers['content-type'] ?? '')) {
      this.body += text;
      return;
    }
    this.#text += text;
    for (let end; (end = this.#text.indexOf('\n\n')) >= 0; ) {
      const raw = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      if (is_comment(raw)) {
        this.heartbeats += 1;
      } else {
        this.frames.push(parse_frame(raw));
      }
    }
    this.#look();
  }

  #end(how) {
    this.ending ??= how;
    this.#look();
  }

  #look() {
    for (const watcher of this.#watchers) watcher();
  }

  get last_id() {
    return this.frames.findLast((frame) => frame.id !== undefined)?.id;
  }

  // Resolves once `check(this)` holds; rejects when the stream has ended without.
  async reaches(what, check, ms = 20_000) {
    let watcher;
    const reached = new Promise((resolve, reject) => {
      watcher = () => {
        if (check(this)) {
          resolve();
        } else if (this.ending) {
          reject(new Error(`the stream ended (${this.ending}, ${this.status} ${this.body}) before: ${what}`));
        }
      };
    });
    this.#watchers.add(watcher);
    watcher();
    try {
      await within(ms, what, reached);
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  // Resolves at the stream's end, whatever it was: 'clean' or 'cut'.
  async end(ms = 60_000) {
    return within(ms, 'the end of a stream', this.ended);
  }

  // Reads nothing for a while, as a client that is slow.
  rest(ms) {
    this.#response?.pause();
    setTimeout(() => this.#response?.resume(), ms);
  }

  // Cuts the socket, as a client that goes away. Node drops what is still on its way, and may call that a clean end.
  cut() {
    this.#end('cut');
    this.#request.destroy();
  }
}
