// ThreadSanitizer with this project's suppressions still finds a race: the check that its silence means
// something. Only for the tsan build, which has the race under a failpoint.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, parlance, Server } from './harness.mjs';

test('a planted race is found', { skip: !parlance.includes('/tsan/') }, async () => {
  const server = new Server({ configuration: configuration(), failpoints: 'test.planted_race=fire@1+' });
  try {
    await server.begin();
    await server.program.stop();
    assert.match(server.program.output, /WARNING: ThreadSanitizer: data race/);
  } finally {
    if (!server.program.end) await server.kill();
    server.remove();
  }
});
