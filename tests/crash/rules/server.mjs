// The process: it comes back, and one that cannot write ends.

const ends_within_ms = 300;

export function check_server(seen, violation) {
  for (const { detail } of seen.of('no_restart')) violation('restart', undefined, detail);
  for (const failed of seen.of('write_failed')) {
    const kill = seen.kills.find((each) => each.kill === failed.process);
    if (!kill || kill.end) continue; // it ended by itself
    const alive_ms = kill.at - failed.at;
    if (alive_ms > ends_within_ms) violation('write_failed', undefined, `it went on for ${alive_ms} ms after a write had failed`);
  }
}
