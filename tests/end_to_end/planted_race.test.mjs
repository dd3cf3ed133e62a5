// ThreadSanitizer with this project's suppressions still finds a race: the check that its silence means
// something. Only for the tsan build, which has the race under a failpoint.

import assert from 'node:assert/strict';
import test from 'node:test';
import { configuration, parlance, Server, until } from './harness.mjs';

test('a planted race is found', { skip: !parlance.includes('/tsan/') }, async () => {
  const server = new Server({ configuration: configuration(), failpoints: 'test.planted_race=fire@1+' });
  try {
    await server.begin();
    const report = await until('the race is reported', () => server.program.sanitizer_report(), { within: 30_000 });
    assert.match(report, /WARNING: ThreadSanitizer: data race/);
  } finally {
    if (!server.program.end) await server.kill();
    server.remove();
  }
});
