// Pauses: a turn that goes on does so where the thread stands, a question stays open until it is answered, and what
// clients changed in between is there.

const question = 'Shall I book it?'; // of the agent that asks

const nodes_of = (replay) =>
  replay.frames
    .filter(({ event }) => event === 'custom')
    .map(({ data }) => JSON.parse(data))
    .filter(({ type }) => type === 'step')
    .map(({ node }) => node);

function check_resumed(seen, violation) {
  const updates = new Set(seen.of('update').map(({ text }) => text));
  for (const turn of seen.turns.values()) {
    const run = seen.run_at_end(turn);
    const replay = seen.final.replays[`${turn.turn} messages-tuple,custom`];
    if (!turn.nodes || run?.status !== 'success' || !replay) continue;
    const nodes = nodes_of(replay);
    if (nodes.join() !== turn.nodes.join()) {
      violation('resumed', turn, `run ${run.run_id} went through ${nodes.join(', ')}, and was to go through ${turn.nodes.join(', ')}`);
    }
    if (!turn.answers) continue;
    const { messages } = seen.thread_of(turn);
    const answer = messages.findIndex((message) => message.content === turn.text);
    const before = messages.slice(0, answer).findLast((message) => !updates.has(message.content));
    if (answer < 0 || before?.content !== question) {
      violation('resumed', turn, `the answer ${turn.text} stands behind ${JSON.stringify(before?.content)}, not behind the question`);
    }
  }
}

// A question that a client was told of is open when nothing came after it, but what was rolled back.
function check_open_questions(seen, violation) {
  const rolled_back = new Set(seen.of('taken_back').filter(({ how }) => how === 'rollback').map(({ turn }) => turn));
  const last = new Map([...seen.turns.values()].filter(({ turn }) => !rolled_back.has(turn)).map((turn) => [turn.thread, turn]));
  for (const answer of seen.of('answer')) {
    const turn = seen.turns.get(answer.turn);
    const thread = seen.thread_of(turn);
    if (!thread || answer.what !== 'joined' || answer.status !== 200 || last.get(turn.thread) !== turn) continue;
    const asked = JSON.parse(answer.text).__interrupt__?.[0].id;
    if (asked && !thread.questions.includes(asked)) {
      violation('acknowledged', turn, `question ${asked} was asked and is not open: ${JSON.stringify(thread.questions)}`);
    }
  }
}

function check_updates(seen, violation) {
  const acknowledged = new Set(seen.of('updated').map(({ update }) => update));
  const last = new Map(); // thread and field -> the update that set it last
  for (const each of seen.of('update')) {
    const { update, thread, text, fields } = each;
    const { messages } = seen.thread_of({ thread }) ?? {};
    if (!messages) continue;
    const count = messages.filter(({ content }) => content === text).length;
    if (count > 1) violation('key', { thread }, `update ${update} was made ${count} times`);
    if (count < 1 && acknowledged.has(update)) violation('acknowledged', { thread }, `update ${update} was acknowledged and is gone`);
    for (const name of Object.keys(fields)) last.set(`${thread} ${name}`, { ...each, name });
  }
  for (const { update, thread, name, fields } of last.values()) {
    const value = seen.thread_of({ thread }).fields[name];
    if (acknowledged.has(update) && value !== fields[name]) {
      violation('acknowledged', { thread }, `update ${update} set ${name} to ${fields[name]}, and it is ${JSON.stringify(value)}`);
    }
  }
}

export function check_pauses(seen, violation) {
  if (!seen.final) return;
  check_resumed(seen, violation);
  check_open_questions(seen, violation);
  check_updates(seen, violation);
}
