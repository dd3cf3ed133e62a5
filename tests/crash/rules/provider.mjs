// The provider's side: whom it was called for, what it served, and when.

const closed_within_ms = 2_000;
const overlap_ms_max = 250; // between the end of a call here and its end as the provider sees it

const end_of = (call) => (call.ended_after_ms === null ? Infinity : call.arrived_at_ms + call.ended_after_ms);

export function check_provider(seen, violation) {
  if (!seen.final) return;
  const turn_of = new Map([...seen.turns.values()].map((turn) => [turn.text, turn]));
  const calls_of = new Map();
  for (const call of seen.calls) {
    const turn = turn_of.get(call.text);
    if (!turn) continue;
    calls_of.set(turn.turn, [...(calls_of.get(turn.turn) ?? []), call]);
  }

  const by_thread = new Map();
  for (const [name, calls] of calls_of) {
    const turn = seen.turns.get(name);
    if (turn.temporary || seen.deleted.has(turn.thread)) continue;
    if (!seen.run_at_end(turn) && !seen.may_be_gone(turn)) {
      violation('paid_for_nothing', turn, `the provider was asked "${turn.text}", and there is no such run`);
    }
    by_thread.set(turn.thread, [...(by_thread.get(turn.thread) ?? []), ...calls]);
  }
  for (const [thread, calls] of by_thread) {
    calls.sort((a, b) => a.arrived_at_ms - b.arrived_at_ms);
    for (const [index, call] of calls.entries()) {
      const next = calls[index + 1];
      if (next && end_of(call) > next.arrived_at_ms + overlap_ms_max) {
        const ms = Math.round(end_of(call) - next.arrived_at_ms);
        violation('overlap', { thread }, `the call of "${call.text}" went on for ${ms} ms beside that of "${next.text}"`);
      }
    }
  }

  for (const turn of seen.turns.values()) {
    const run = seen.run_at_end(turn);
    const calls = calls_of.get(turn.turn) ?? [];
    if (turn.agent !== 'chat' || run?.status !== 'success') continue;
    const messages = seen.thread_of(turn).messages;
    const question = messages.findIndex((message) => message.content === turn.text);
    const answer = messages[question + 1];
    const charged = answer?.usage_metadata?.output_tokens;
    const served = calls.filter((call) => call.outcome === 'finished').map((call) => call.tokens_sent);
    if (!served.includes(charged)) {
      violation('charged', turn, `"${turn.text}" was charged ${charged} tokens, the provider served ${served.join(', ') || 'none'}`);
    }
    if (answer && answer.content.split(' w').length !== charged) {
      violation('charged', turn, `the answer to "${turn.text}" has not the ${charged} tokens of its usage: ${answer.content}`);
    }
  }

  for (const { turn: name, at } of seen.of('taken_back')) {
    for (const call of calls_of.get(name) ?? []) {
      if (end_of(call) > at + closed_within_ms) {
        violation('taken_back', seen.turns.get(name), `a call of "${call.text}" was open ${Math.round(end_of(call) - at)} ms after it was taken back`);
      }
    }
  }
  for (const call of seen.calls) {
    if (call.outcome === 'open') violation('taken_back', turn_of.get(call.text), `the call of "${call.text}" is still open`);
  }
}
