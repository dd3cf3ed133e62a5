// Idempotency keys: one turn and one answer, however often the request was sent.

export function check_keys(seen, violation) {
  for (const turn of seen.turns.values()) {
    const thread = seen.thread_of(turn);
    const runs = thread?.runs.filter((run) => run.text === turn.text) ?? [];
    // Without a key nobody sends it twice either.
    if (runs.length > 1) violation('key', turn, `"${turn.text}" is ${runs.length} runs: ${runs.map((run) => run.run_id)}`);
  }
  const first = new Map();
  const answers = [...seen.of('answer'), ...(seen.final?.repeated ?? [])];
  for (const answer of answers) {
    const turn = seen.turns.get(answer.turn);
    if (!turn.key || answer.status !== 200 || answer.what === 'joined' || /"__error__"|"error":/.test(answer.text)) continue;
    const name = `${turn.turn} ${answer.what}`;
    if (!first.has(name)) first.set(name, answer.text);
    if (first.get(name) !== answer.text) {
      violation('key', turn, `key ${turn.key} was answered twice, and not the same:\n  ${first.get(name)}\n  ${answer.text}`);
    }
  }
}
