// The server under test and its mock provider, through kills and restarts, as clients find them.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { configuration_with } from '../end_to_end/support/configuration.mjs';
import { call } from '../end_to_end/support/http.mjs';
import { Mock } from '../end_to_end/support/mock.mjs';
import { free_port, Server } from '../end_to_end/support/server.mjs';
import { elapse, until } from '../end_to_end/support/wait.mjs';

const idle_ms = 500;

export class Stopped extends Error {}

export class World {
  stopping = false;
  process = 0; // counted from 1
  streams = new Set(); // that clients are reading

  #ready;
  #tell_ready;
  #cleanups = [];

  // `small_disk`: the data is on a file system of its own, which can be filled.
  static async start({ binary, tokens = 20, small_disk = false }) {
    const world = new World();
    world.#down();
    const after = (work) => world.#cleanups.unshift(work);
    world.mock = await Mock.start({ after }, { tokens, first_token_delay: '20ms', token_delay: '12ms' });
    const port = await free_port();
    const configuration = configuration_with(world.mock, {
      http: { port },
      threads: { attempts_max: 100, idle_time_max: '1s' },
    });
    world.server = new Server({ configuration, binary });
    world.url = `http://127.0.0.1:${port}`;
    if (small_disk) {
      mkdirSync(world.server.data);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', world.server.data]);
      after(() => execFileSync('umount', [world.server.data]));
    }
    return world;
  }

  // Resolves while a process serves; rejects when no more is to be done.
  async up() {
    if (!this.stopping) await this.#ready;
    if (this.stopping) throw new Stopped();
  }

  #down() {
    this.#ready = new Promise((resolve) => (this.#tell_ready = resolve));
  }

  // Starts a process with these failpoints; clients find it when it has answered a request.
  async begin(failpoints) {
    this.process += 1;
    this.server.failpoints = failpoints;
    await this.server.begin();
    await call(`${this.url}/ok`, { agent: false });
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  }

  open() {
    this.#tell_ready();
  }

  // Ends it as the fault says. Answers how many streams were open in the middle.
  async end({ kill_after_ms, stopped, ends, full }) {
    const { program } = this.server;
    if (full) {
      await elapse(kill_after_ms);
      this.#fill();
    }
    await Promise.race([program.ended, elapse(ends ? 1_500 : kill_after_ms)]);
    const streams = [...this.streams].filter((stream) => stream.frames.length > 0 && !stream.ending).length;
    this.#down();
    if (!program.end && stopped) {
      program.signal('SIGSTOP');
      await elapse(60);
    }
    const by_itself = program.end;
    if (!by_itself) await this.server.kill();
    const report = program.sanitizer_report();
    if (report) throw new Error(`a sanitizer reported:\n${report}`);
    rmSync(this.#filler, { force: true });
    this.agent?.destroy();
    return { streams, by_itself };
  }

  get #filler() {
    return path.join(this.server.data, 'filler');
  }

  #fill() {
    const { bavail, bsize } = statfsSync(this.server.data);
    try {
      writeFileSync(this.#filler, Buffer.alloc(bavail * bsize));
    } catch {
      // full
    }
  }

  // Resolves when no turn has been inside for a while, without asking for any thread. Answers since when, or
  // undefined when that does not come in time. A server says that it is ready before it has found its unfinished turns.
  async idle(within_ms) {
    let since;
    const stays_idle = async () => {
      const inside = (await this.server.metrics()).sum('parlance_mailbox_turns') + (await this.mock.stats()).at_once;
      since = inside === 0 ? (since ?? Date.now()) : undefined;
      return since !== undefined && Date.now() - since >= idle_ms;
    };
    return until('no turn is inside', stays_idle, { within: within_ms, every: 20 }).then(
      () => since,
      () => undefined,
    );
  }

  async close({ keep = false } = {}) {
    if (this.server.program && !this.server.program.end) await this.server.kill();
    for (const cleanup of this.#cleanups) await cleanup();
    if (!keep && existsSync(this.server.folder)) this.server.remove();
  }
}
