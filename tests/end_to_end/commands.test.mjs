// What the program's commands refuse before anything is done, and how they end.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { configuration, parlance, root, run } from './harness.mjs';

// The path of a configuration in a folder of the test's own.
function config_of(t, changes) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-command-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'parlance.json');
  writeFileSync(file, JSON.stringify(configuration(changes)));
  return file;
}

test('a key that would be good for nothing is not made', async (t) => {
  const config = config_of(t, { auth: { keys_file: 'keys.json' } });
  const create = (...options) => run(parlance, ['keys', 'create', '--config', config, '--tenant', 'acme', ...options]);
  for (const [options, reason] of [
    [['--scopes', ''], /--scopes: /],
    [['--scopes', 'chat,'], null],
    [['--scopes', 'king'], /--scopes: /],
    [['--expires', '0s'], /--expires: /],
    [['--expires', 'soon'], /--expires: /],
    [['--tenant', 'a b'], /--tenant: |--tenant/],
  ]) {
    const ended = await create(...options);
    if (reason === null) {
      assert.equal(ended.code, 0, ended.stderr);
      continue;
    }
    assert.equal(ended.code, 2, `${options}: ${ended.stdout}`);
    assert.match(ended.stderr, reason);
    assert.equal(ended.stdout, '');
  }
  assert.match((await create('--expires', '1s')).stdout, /^pk_/);
});

test('keys are made and listed where the secrets that serve needs are not set', async (t) => {
  const config = config_of(t, {
    auth: { keys_file: 'keys.json' },
    webhooks: { secrets: [{ env: 'PARLANCE_NO_SUCH_SECRET' }], hosts_allowed: ['*'] },
  });
  const refused = await run(parlance, ['check', '--config', config]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /webhooks\.secrets\[0\]: is empty or not set/);
  const made = await run(parlance, ['keys', 'create', '--config', config, '--tenant', 'acme']);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^pk_/);
  const listed = await run(parlance, ['keys', 'list', '--config', config]);
  assert.match(listed.stdout, /acme/);
});

test('an agent whose role no lane serves is refused, file and role named', async (t) => {
  const check = (changes) => run(parlance, ['check', '--config', config_of(t, changes)]);
  assert.equal((await check({})).code, 0);
  const lanes = configuration().models.main;
  const ended = await check({ models: { main: undefined, other: lanes } });
  assert.equal(ended.code, 1);
  assert.ok(ended.stderr.includes(path.join(root, 'agents/chat/agent.json')), ended.stderr);
  assert.match(ended.stderr, /nodes\.generate\.role: models has no "main"/);
});
