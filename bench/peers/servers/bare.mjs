// What this machine can do at all with Parlance's libraries and nothing of Parlance: bench/peers/bare.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Program, root } from '../../../tests/end_to_end/harness.mjs';

const binary = path.resolve(root, process.env.PARLANCE_BARE_SERVER ?? 'build/release/parlance_bare_server');

const bare = ({ journal, ...words }) => ({
  ...words,
  version: async () => 'bench/peers/bare of this tree',

  async start() {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-bare-'));
    const program = new Program(binary, journal ? ['--journal', path.join(folder, 'journal')] : []);
    const [, url] = await program.says(/^parlance_bare_server: ready on (http:\/\/\S+)$/m);
    const close = async () => {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    return { url, load: [], headers: {}, pids: () => [program.pid], close };
  },
});

export const bare_path = bare({
  name: 'bare_path',
  title: 'the bare path',
  journal: true,
  settings: 'Beast, a JSON parser, a hand-over to another thread, RocksDB with one sync for all that came meanwhile, the answer built as JSON; one thread for HTTP',
  durable: 'each turn is synced before it is answered',
});

export const bare_server = bare({
  name: 'bare_server',
  title: 'a bare Beast server',
  journal: false,
  settings: 'answers with the same bytes at once, put together from text; one thread',
  durable: 'nothing is kept',
});
