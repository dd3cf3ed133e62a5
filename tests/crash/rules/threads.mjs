// Threads: what was acknowledged is there, in order, ended, and what was taken back is gone.

const ended = new Set(['success', 'error', 'timeout', 'interrupted']);

const is_ok = (status) => status >= 200 && status < 300;

function check_acknowledged(seen, violation) {
  for (const answer of seen.of('answer')) {
    const turn = seen.turns.get(answer.turn);
    const thread = seen.thread_of(turn);
    if (!is_ok(answer.status) || !thread) continue;
    const run = seen.run_at_end(turn);
    if (!run) {
      if (!seen.may_be_gone(turn)) violation('acknowledged', turn, `run ${answer.run} of "${turn.text}" was acknowledged and is gone`);
      continue;
    }
    if (answer.what !== 'values' && answer.what !== 'joined') continue;
    const values = JSON.parse(answer.text);
    if (values.__error__) continue;
    const there = JSON.stringify(thread.messages.slice(0, values.messages.length));
    if (JSON.stringify(values.messages) !== there) {
      violation('acknowledged', turn, `the answer's messages are not those of the thread:\n  ${answer.text}\n  ${there}`);
    }
  }
  // What was shown was there: whoever saw an event of a run has been told of the run.
  for (const connection of seen.of('connection')) {
    const turn = seen.turns.get(connection.turn);
    if (connection.frames.length === 0 || connection.frames[0].event === 'error' || !seen.thread_of(turn)) continue;
    if (turn.api === 'openai' && connection.frames[0].id === undefined) continue;
    if (!seen.run_at_end(turn) && !seen.may_be_gone(turn)) {
      violation('acknowledged', turn, `events of run ${connection.run} were shown, and the run is gone`);
    }
  }
}

function check_order(seen, violation) {
  const last = new Map(); // thread -> place of the run acknowledged last
  for (const answer of seen.of('answer')) {
    const turn = seen.turns.get(answer.turn);
    const thread = seen.thread_of(turn);
    if (!thread || answer.what !== 'accepted' || !is_ok(answer.status) || answer.repeated) continue;
    const place = thread.runs.findIndex((run) => run.run_id === answer.run);
    if (place < 0) continue;
    if (place < (last.get(turn.thread) ?? -1)) violation('order', turn, `run ${answer.run} stands before one that was accepted earlier`);
    last.set(turn.thread, Math.max(place, last.get(turn.thread) ?? -1));
  }
  for (const [id, thread] of Object.entries(seen.final.threads)) {
    const asked = thread.messages.filter((message) => message.type === 'human').map((message) => message.content);
    const begun = thread.runs.map((run) => run.text).filter((text) => asked.includes(text));
    if (JSON.stringify(asked) !== JSON.stringify(begun)) {
      violation('order', { thread: id }, `its questions are ${JSON.stringify(asked)}, its runs ${JSON.stringify(begun)}`);
    }
  }
}

function check_unfinished(seen, violation) {
  for (const [id, thread] of Object.entries(seen.final.threads)) {
    for (const run of thread.runs) {
      if (!ended.has(run.status)) {
        violation('unfinished', { thread: id }, `run ${run.run_id} is ${run.status}`);
      } else if (Date.parse(run.updated_at) > thread.asked_at) {
        violation('unfinished', { thread: id }, `run ${run.run_id} ended ${Date.parse(run.updated_at) - thread.asked_at} ms after it was asked for`);
      }
    }
  }
}

function check_taken_back(seen, violation) {
  const texts = (thread) => thread.messages.map((message) => message.content);
  for (const { turn: name, how } of seen.of('taken_back')) {
    const turn = seen.turns.get(name);
    const thread = seen.thread_of(turn);
    if (!thread) continue;
    const run = seen.run_at_end(turn);
    if (how === 'rollback' && (run || texts(thread).includes(turn.text))) {
      violation('taken_back', turn, `"${turn.text}" was rolled back and is ${run?.status ?? 'among the messages'}`);
    }
    if (how === 'cancel' && run && !['interrupted', 'success', 'error'].includes(run.status)) {
      violation('taken_back', turn, `"${turn.text}" was cancelled and is ${run.status}`);
    }
  }
  for (const turn of seen.turns.values()) {
    const thread = seen.thread_of(turn);
    if (thread && !seen.run_at_end(turn) && texts(thread).includes(turn.text)) {
      violation('taken_back', turn, `there is no run of "${turn.text}", and it is among the messages`);
    }
  }
  for (const { thread } of seen.of('deleted')) {
    if (seen.final.threads[thread]) violation('taken_back', { thread }, 'it was deleted and is there');
  }
}

export function check_threads(seen, violation) {
  if (!seen.final) return;
  for (const turn of seen.turns.values()) {
    if (turn.temporary || seen.deleted.has(turn.thread)) continue;
    const thread = seen.final.threads[turn.thread];
    if (!thread && turn.made) violation('acknowledged', turn, 'the thread was made and is gone');
  }
  for (const [thread, { unreadable }] of Object.entries(seen.final.threads)) {
    if (unreadable) violation('acknowledged', { thread }, `it cannot be read: ${unreadable}`);
  }
  check_acknowledged(seen, violation);
  check_order(seen, violation);
  check_unfinished(seen, violation);
  check_taken_back(seen, violation);
}
