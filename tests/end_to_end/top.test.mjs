// `parlance top`: a running server's lanes and threads, for people and for scripts.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { configuration, parlance, run, Server } from './harness.mjs';

async function started(t) {
  const server = new Server({ configuration: configuration({ auth: { keys_file: 'keys.json' } }), dev: false });
  t.after(() => server.close());
  const key_files = {};
  for (const scopes of ['chat', 'admin']) {
    key_files[scopes] = path.join(server.folder, `${scopes}.key`);
    writeFileSync(key_files[scopes], `${await server.create_key({ tenant: 'acme', scopes })}\n`);
  }
  await server.begin();
  const top = (...options) => run(parlance, ['top', '--url', server.url, ...options]);
  return { server, key_files, top };
}

test('one look is a line of the threads, and one of each lane', async (t) => {
  const { key_files, top } = await started(t);
  const ended = await top('--once', '--key-file', key_files.admin);
  assert.equal(ended.code, 0, ended.stderr);
  const [threads, lane, ...rest] = ended.stdout.trimEnd().split('\n');
  assert.match(threads, /^ready=true threads_resident=\d+ turns_inside=0 /);
  assert.match(lane, /^lane=local\/extractive mode=open limit=\d+ bounds=1\.\.256 why=starting held_by=nothing running=0 waiting=0 by_class=0\/0\/0 .* breaker=closed/);
  assert.deepEqual(rest, []);
});

test('it says what it needs: a key that may, and a server', async (t) => {
  const { key_files, top } = await started(t);
  for (const options of [[], ['--key-file', key_files.chat]]) {
    const refused = await top('--once', ...options);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /key with the scope admin/);
    assert.equal(refused.stdout, '');
  }
  const nowhere = await run(parlance, ['top', '--url', 'http://127.0.0.1:1', '--once']);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /127\.0\.0\.1:1: .*refused/);
  for (const options of [['--url', 'ftp://x'], ['--every', 'soon'], ['--every', '1ms']]) {
    assert.equal((await run(parlance, ['top', ...options])).code, 2, options.join(' '));
  }
});
