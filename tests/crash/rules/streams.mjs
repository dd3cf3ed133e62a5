// Streams: each connection is a stretch of the replay from the start, byte for byte.

// Errors that end a stream and not its turn: the client comes back. They are no records and have no id.
const closings = new Set(['component_restarted', 'not_owner', 'storage_failed', 'draining', 'reader_too_slow', 'cancelled']);

const place_of = (id) => id.split('-').map(Number);

function json_of(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const code_of = (frame) => json_of(frame.data)?.code ?? json_of(frame.data)?.error?.code;

const is_closing = (frame) => frame.id === undefined && closings.has(code_of(frame));

// The frames of a connection that are records.
function shown(connection) {
  const last = connection.frames.at(-1);
  return last && is_closing(last) ? connection.frames.slice(0, -1) : connection.frames;
}

function check_order(frames, violation) {
  let before = [-1, -1];
  for (const { id, event, data } of frames) {
    if (id === undefined) {
      if (data !== '[DONE]') violation(`an event without an id: ${event} ${data.slice(0, 200)}`);
      continue;
    }
    const place = place_of(id);
    if (place[0] < before[0] || (place[0] === before[0] && place[1] <= before[1])) {
      violation(`event ${id} comes after ${before.join('-')}`);
    }
    before = place;
  }
}

function check_copy(connection, replay, violation) {
  const frames = shown(connection);
  const after = connection.after;
  const start = after === undefined ? 0 : replay.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) return violation(`event ${after}, which was shown, is in no replay`);
  for (const [index, frame] of frames.entries()) {
    const original = replay[start + index];
    if (frame.raw === original?.raw) continue;
    return violation(
      `differs at its event ${index}, after ${frames[index - 1]?.id ?? after ?? 'the start'}:\n` +
        `  saw    ${frame.raw.slice(0, 400)}\n  replay ${original?.raw.slice(0, 400) ?? 'ends before'}`,
    );
  }
  const whole = connection.end === 'clean' && frames.length === connection.frames.length;
  if (whole && start + frames.length < replay.length) {
    violation(`ended after ${frames.at(-1)?.id}, and the replay goes on with ${replay[start + frames.length].raw.slice(0, 200)}`);
  }
}

// One id is one event, on whatever stream of the thread and in whatever modes.
function check_agreement(seen, violation) {
  const events = new Map();
  for (const connection of seen.of('connection')) {
    const turn = seen.turns.get(connection.turn);
    if (turn.api === 'openai' || turn.temporary) continue;
    for (const { id, event, raw } of shown(connection)) {
      if (id === undefined) continue;
      const name = `${turn.thread} ${id} ${event}`;
      const first = events.get(name) ?? raw;
      events.set(name, first);
      if (first !== raw && !seen.may_be_gone(turn)) {
        violation('stream', turn, `event ${id} was shown twice, and not the same:\n  ${first.slice(0, 300)}\n  ${raw.slice(0, 300)}`);
      }
    }
  }
}

// Pieces of a message that is not in the end of the run were said to be given up.
function check_superseded(seen, turn, replay, violation) {
  if (!seen.thread_of(turn)) return;
  const texts = new Map();
  const given_up = new Set();
  for (const { event, data } of replay) {
    if (event === 'messages') {
      const [chunk] = JSON.parse(data);
      texts.set(chunk.id, (texts.get(chunk.id) ?? '') + chunk.content);
    } else if (event === 'custom') {
      const custom = JSON.parse(data);
      if (custom.type === 'superseded') given_up.add(custom.message_id);
    }
  }
  const { messages } = seen.thread_of(turn);
  for (const [id, text] of texts) {
    const message = messages.find((each) => each.id === id);
    if (message && message.content !== text) {
      violation('superseded', turn, `message ${id} was shown as ${JSON.stringify(text)} and is ${JSON.stringify(message.content)}`);
    }
    // A run that ends by an error says so of all that it showed.
    if (!message && !given_up.has(id) && replay.at(-1).event !== 'error') {
      violation('superseded', turn, `message ${id} was shown and is nowhere: ${JSON.stringify(text)}`);
    }
  }
}

export function check_streams(seen, violation) {
  if (!seen.final) return;
  for (const connection of seen.of('connection')) {
    const turn = seen.turns.get(connection.turn);
    const replay = seen.final.replays[`${connection.turn} ${connection.modes}`];
    const name = `a stream of run ${connection.run} (${connection.modes})`;
    if (!replay) continue;
    check_copy(connection, replay.frames, (detail) => violation('stream', turn, `${name} ${detail}`));
  }
  for (const [name, replay] of Object.entries(seen.final.replays)) {
    const turn = seen.turns.get(name.split(' ')[0]);
    const closed = replay.frames.at(-1);
    if (replay.end !== 'clean' || (closed && is_closing(closed) && turn.api !== 'openai')) {
      violation('stream', turn, `the replay ${name} did not end: ${replay.status} ${replay.end} ${closed?.raw ?? replay.body ?? ''}`);
      continue;
    }
    if (turn.api !== 'openai') check_order(replay.frames, (detail) => violation('stream', turn, `the replay ${name}: ${detail}`));
    if (/messages-tuple/.test(name) && /custom/.test(name)) check_superseded(seen, turn, replay.frames, violation);
  }
  check_agreement(seen, violation);
}
