// Order: runs are listed in the order of their acceptance; what was said stands in the order in which it took its place
// in the line: a turn and an update when it was accepted, a turn that begins later when it was due.

const starts_within_ms = 500; // after it was due, of a server that runs
const clock_ms_max = 2;

function check_list(seen, violation) {
  const last = new Map(); // thread -> place of the run acknowledged last
  for (const answer of seen.of('answer')) {
    const turn = seen.turns.get(answer.turn);
    const thread = seen.thread_of(turn);
    if (!thread || answer.what !== 'accepted' || answer.status >= 300 || answer.repeated) continue;
    const place = thread.runs.findIndex((run) => run.run_id === answer.run);
    if (place < 0) continue;
    if (place < (last.get(turn.thread) ?? -1)) violation('order', turn, `run ${answer.run} stands before one that was accepted earlier`);
    last.set(turn.thread, Math.max(place, last.get(turn.thread) ?? -1));
  }
}

// By text: it took its place not before `from` and not after `to`.
function places_of(seen) {
  const places = new Map();
  for (const turn of seen.turns.values()) {
    const after_ms = turn.after_ms ?? 0;
    const to = (seen.told_at.get(turn.turn) ?? Infinity) + after_ms + (after_ms ? starts_within_ms : 0);
    places.set(turn.text, { from: turn.at + after_ms, to, later: after_ms > 0 });
  }
  const updated_at = new Map(seen.of('updated').map(({ update, at }) => [update, at]));
  for (const { update, text, at } of seen.of('update')) {
    places.set(text, { from: at, to: updated_at.get(update) ?? Infinity, is_update: true });
  }
  return places;
}

function check_messages(seen, violation) {
  const places = places_of(seen);
  const stands_as_listed = (text) => !places.get(text)?.later && !places.get(text)?.is_update;
  for (const [id, thread] of Object.entries(seen.final.threads)) {
    const said = thread.messages.filter((message) => message.type === 'human').map((message) => message.content);
    const asked = said.filter(stands_as_listed);
    const begun = thread.runs.map((run) => run.text).filter((text) => asked.includes(text));
    if (JSON.stringify(asked) !== JSON.stringify(begun)) {
      violation('order', { thread: id }, `its questions are ${JSON.stringify(asked)}, its runs ${JSON.stringify(begun)}`);
    }
    for (const [index, text] of said.entries()) {
      const { from } = places.get(text) ?? {};
      const late = said.slice(index + 1).find((other) => places.get(other)?.to < from);
      if (late !== undefined) {
        violation('order', { thread: id }, `"${text}" stands before "${late}", which had its place ${from - places.get(late).to} ms earlier`);
      }
    }
  }
}

function check_starts(seen, violation) {
  const later = new Map([...seen.turns.values()].filter((turn) => turn.after_ms).map((turn) => [turn.text, turn]));
  for (const call of seen.calls) {
    const turn = later.get(call.text);
    if (!turn) continue;
    const early_ms = turn.at + turn.after_ms - call.arrived_at_ms;
    if (early_ms > clock_ms_max) violation('order', turn, `"${turn.text}" was to begin ${turn.after_ms} ms later, and began ${early_ms} ms too early`);
  }
}

export function check_order(seen, violation) {
  if (!seen.final) return;
  check_list(seen, violation);
  check_messages(seen, violation);
  check_starts(seen, violation);
}
