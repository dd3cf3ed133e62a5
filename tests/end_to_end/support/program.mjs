// One of the project's programs as a child process: its output, its memory and its end.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from './wait.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = (variable, otherwise) => path.resolve(root, process.env[variable] ?? otherwise);

export const parlance = binary('PARLANCE_BINARY', 'build/release/parlance');
export const parlance_debug = binary('PARLANCE_DEBUG_BINARY', 'build/debug/parlance'); // has failpoints
export const parlance_bench = binary('PARLANCE_BENCH', 'build/release/parlance-bench');

// A sanitizer makes a program slow and large: what is said about time and memory holds without one.
export const sanitized = /\/(asan|tsan)\//.test(parlance);

const output_characters_max = 4_000_000;
const running = new Set();
// A test that dies leaves nothing behind.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Program {
  stdout = '';
  stderr = '';

  constructor(file, args, { env = {}, cwd } = {}) {
    this.name = path.basename(file);
    this.child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.child);
    for (const stream of ['stdout', 'stderr']) {
      this.child[stream].setEncoding('utf8').on('data', (text) => {
        this[stream] = (this[stream] + text).slice(-output_characters_max);
        this.#look();
      });
    }
    // {code, signal}; the output is complete then.
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve({ code: null, signal: null, error }));
      this.child.on('close', (code, signal) => resolve({ code, signal }));
    }).then((end) => {
      running.delete(this.child);
      this.end = end;
      this.#look();
      return end;
    });
  }

  get pid() {
    return this.child.pid;
  }

  get output() {
    return `${this.stdout}\n${this.stderr}`;
  }

  #watchers = new Set();

  #look() {
    for (const watcher of this.#watchers) watcher();
  }

  // The match of `pattern` in stdout, once it is there.
  async says(pattern, ms = 60_000) {
    let watcher;
    const found = new Promise((resolve, reject) => {
      watcher = () => {
        const match = pattern.exec(this.stdout);
        if (match) {
          resolve(match);
        } else if (this.end) {
          reject(new Error(`${this.name} ended (${JSON.stringify(this.end)}) before it said ${pattern}:\n${this.tail()}`));
        }
      };
    });
    this.#watchers.add(watcher);
    watcher();
    try {
      return await within(ms, `${this.name} says ${pattern}`, found);
    } catch (error) {
      if (!this.end) error.message += `\n${this.tail()}`;
      throw error;
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  tail(characters = 4_000) {
    return this.output.slice(-characters);
  }

  signal(name) {
    this.child.kill(name);
  }

  // Ends it by `signal`; by SIGKILL when it has not ended in time.
  async stop(signal = 'SIGTERM', ms = 30_000) {
    if (this.end) return this.end;
    this.signal(signal);
    try {
      return await within(ms, `${this.name} ends on ${signal}`, this.ended);
    } catch (error) {
      this.signal('SIGKILL');
      await this.ended;
      error.message += `\n${this.tail()}`;
      throw error;
    }
  }

  // In bytes: what is resident now, and the most that ever was.
  memory() {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const bytes = (field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)[1]) * 1024;
    return { resident: bytes('VmRSS'), resident_max: bytes('VmHWM') };
  }

  // Of all its threads since exec.
  cpu_ms() {
    const [user, system] = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
    return (Number(user) + Number(system)) * 10; // ticks of 10 ms
  }

  // What a sanitizer reported, or null.
  sanitizer_report() {
    const at = this.output.search(/WARNING: ThreadSanitizer|ERROR: AddressSanitizer|ERROR: LeakSanitizer|: runtime error: /);
    return at < 0 ? null : this.output.slice(at, at + 8_000);
  }
}

// Runs a program to its end.
export async function run(file, args, { env, cwd, ms = 120_000 } = {}) {
  const program = new Program(file, args, { env, cwd });
  try {
    const end = await within(ms, `${program.name} ${args[0] ?? ''} ends`, program.ended);
    return { ...end, stdout: program.stdout, stderr: program.stderr };
  } finally {
    if (!program.end) program.signal('SIGKILL');
  }
}
