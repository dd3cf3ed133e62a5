// An agent of a test's own.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// Its folder, for as long as the test runs. `agent` is what agent.json holds.
export function agent_folder(t, agent) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parlance-agent-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'agent.json'), JSON.stringify(agent));
  return folder;
}
