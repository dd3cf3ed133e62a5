// The checker finds each violation in a history made for it, and none in the history that it was made from.

import assert from 'node:assert/strict';
import test from 'node:test';
import { check, rules } from './checker.mjs';

const start = 1_000_000;

const frame = (id, event, data) => ({ id, event, data: JSON.stringify(data), raw: `event: ${event}\ndata: ${JSON.stringify(data)}\nid: ${id}` });
const piece = (id, text, message = 'm-1') => frame(id, 'messages', [{ id: message, content: text }, {}]);

const human = (content) => ({ type: 'human', content });
const ai = (id, content, tokens) => ({ type: 'ai', id, content, usage_metadata: { output_tokens: tokens } });

const run = (run_id, text, more = {}) => ({ run_id, text, status: 'success', updated_at: new Date(start + 500).toISOString(), ...more });

const call = (text, more = {}) => ({
  text, outcome: 'finished', tokens_sent: 2, arrived_at_ms: start + 100, ended_after_ms: 100, closed_at_ms: start + 200, ...more,
});

const step = (id, node) => frame(id, 'custom', { type: 'step', node });

const post = (turn, run_id, thread_id, messages, more = {}) => ({
  turn, id: run_id, signed: true, status: 204, at: start + 900, body: JSON.stringify({ run_id, thread_id, status: 'success', values: { messages } }), ...more,
});

const turn_on = (thread, turn, text, more = {}) => ({
  type: 'turn', turn, thread, text, agent: 'chat', api: 'langgraph', temporary: false, made: true, options: {}, ...more,
});

// A turn that asks, a change of the state, and the turn that answers, with a webhook that came at the second attempt.
function dialogue() {
  const answer = '{"approved":true,"note":"n-1"}';
  const asked = [human('a table'), ai('m-5', 'A table is free.'), ai('m-6', 'Shall I book it?')];
  const messages = [...asked, human('note u-1'), human(answer), ai('m-7', `${answer} w1`, 2), ai('m-8', 'Thank you.')];
  const asks = JSON.stringify({ messages: asked, __interrupt__: [{ id: 'q-1' }] });
  return {
    entries: [
      turn_on('b', 't-5', 'a table', { agent: 'booking', nodes: ['look', 'ask'] }),
      { type: 'answer', turn: 't-5', what: 'joined', status: 200, run: 'r-5', text: asks },
      { type: 'update', update: 'u-1', thread: 'b', text: 'note u-1', fields: { guest: 'Ada' } },
      { type: 'updated', update: 'u-1', thread: 'b' },
      turn_on('b', 't-6', answer, { agent: 'booking', nodes: ['ask', 'book', 'thank'], answers: 'q-1', options: { webhook: 'http://hook' } }),
      { type: 'answer', turn: 't-6', what: 'joined', status: 200, run: 'r-6', text: JSON.stringify({ messages }) },
    ],
    thread: { asked_at: start + 5_000, runs: [run('r-5', 'a table'), run('r-6', answer)], messages, fields: { guest: 'Ada' }, questions: [] },
    replays: {
      't-5 messages-tuple,custom': { status: 200, end: 'clean', frames: [step('1-0', 'look'), step('2-0', 'ask')] },
      't-6 messages-tuple,custom': { status: 200, end: 'clean', frames: [step('7-0', 'ask'), step('8-0', 'book'), step('9-0', 'thank')] },
    },
    call: call(answer, { arrived_at_ms: start + 700 }),
    posts: [post('t-6', 'r-6', 'b', messages, { status: 503 }), post('t-6', 'r-6', 'b', messages)],
  };
}

// A thread with two turns and one that begins later, a crash in the stream of the first; one on which people are asked;
// and nothing amiss.
function history() {
  const talk = dialogue();
  const frames = [frame('1-0', 'metadata', { run_id: 'r-1' }), piece('2-0', 'one'), piece('3-0', ' w1'), frame('4-2', 'custom', { type: 'step' })];
  const values = { messages: [human('one'), ai('m-1', 'one w1', 2), human('two'), ai('m-2', 'two w1', 2)] };
  const messages = [...values.messages, human('later'), ai('m-4', 'later w1', 2)];
  const first = { type: 'connection', turn: 't-1', run: 'r-1', modes: 'messages-tuple,custom', source: 'post', frames: frames.slice(0, 2), end: 'cut' };
  const second = { ...first, source: 'join', after: '2-0', frames: frames.slice(2), end: 'clean' };
  const runs = [run('r-1', 'one'), run('r-4', 'later'), run('r-2', 'two')];
  const thread = { asked_at: start + 5_000, runs, messages, fields: {}, questions: [] };
  return [
    turn_on('a', 't-1', 'one', { key: 'k-1' }),
    first,
    { type: 'kill', kill: 1, how: 'sigkill', streams: 1 },
    second,
    turn_on('a', 't-4', 'later', { key: 'k-4', after_ms: 400 }),
    { type: 'answer', turn: 't-4', what: 'accepted', status: 200, run: 'r-4', text: '{}' },
    turn_on('a', 't-2', 'two', { key: 'k-2' }),
    { type: 'answer', turn: 't-2', what: 'accepted', status: 200, run: 'r-2', text: '{}' },
    { type: 'answer', turn: 't-2', what: 'values', status: 200, run: 'r-2', text: JSON.stringify(values) },
    ...talk.entries,
    {
      type: 'final',
      threads: { a: thread, b: talk.thread },
      replays: { 't-1 messages-tuple,custom': { status: 200, end: 'clean', frames }, ...talk.replays },
      repeated: [{ turn: 't-2', what: 'values', status: 200, text: JSON.stringify(values) }],
    },
    { type: 'provider', calls: [call('one'), call('two', { arrived_at_ms: start + 300 }), call('later', { arrived_at_ms: start + 450 }), talk.call] },
    { type: 'webhooks', posts: talk.posts },
  ].map((entry, index) => ({ at: start + index, ...entry }));
}

const of = (entries, type) => entries.filter((entry) => entry.type === type);
const thread_of = (entries) => of(entries, 'final')[0].threads.a;
const replay_of = (entries, turn = 't-1') => of(entries, 'final')[0].replays[`${turn} messages-tuple,custom`];
const dialogue_of = (entries) => of(entries, 'final')[0].threads.b;
const posts_of = (entries) => of(entries, 'webhooks')[0].posts;

// As though nobody had answered the question.
function leave_question(entries) {
  dialogue_of(entries).messages.splice(4);
  dialogue_of(entries).runs.pop();
  dialogue_of(entries).questions = ['q-1'];
  entries.splice(entries.findIndex(({ type, turn }) => type === 'answer' && turn === 't-6'), 1);
  delete of(entries, 'final')[0].replays['t-6 messages-tuple,custom'];
  posts_of(entries).splice(0);
}

function take_answer_back(entries) {
  leave_question(entries);
  entries.push({ type: 'rolls_back', at: start + 15, thread: 'b', turn: 't-6' }, { type: 'taken_back', at: start + 30, turn: 't-6', how: 'rollback' });
}

function move(list, from, to) {
  list.splice(to, 0, ...list.splice(from, 1));
}

test('a history in which every promise was kept has no violation', () => {
  assert.deepEqual(check(history()), []);
});

// What goes wrong, the rule that finds it, how it looks to clients, and, where several things could be meant, what is
// said of it.
const faults = [
  ['an event is lost between two connections', 'stream', (entries) => of(entries, 'connection')[1].frames.shift()],
  ['an event is shown again after a crash', 'stream', (entries) => of(entries, 'connection')[1].frames.unshift(piece('2-0', 'one'))],
  ['an event changes its bytes', 'stream', (entries) => (of(entries, 'connection')[0].frames[1] = piece('2-0', 'One'))],
  ['an event that was shown is taken back', 'stream', (entries) => of(entries, 'connection')[0].frames.push(piece('2-1', ' w9'))],
  ['a stream ends early as though it were whole', 'stream', (entries) => of(entries, 'connection')[1].frames.pop()],
  ['a client resumes after an event that nobody knows any more', 'stream', (entries) => (of(entries, 'connection')[1].after = '2-7')],
  ['a replay shows an event twice', 'stream', (entries) => replay_of(entries).frames.push(replay_of(entries).frames.at(-1)), /comes after/],
  [
    'a replay has an event without an id',
    'stream',
    (entries) => replay_of(entries).frames.splice(1, 0, { event: 'values', data: '{}', raw: 'event: values\ndata: {}' }),
    /without an id/,
  ],
  ['a replay has no end', 'stream', (entries) => (replay_of(entries).end = 'cut')],
  [
    'one id is two events',
    'stream',
    (entries) => entries.push({ ...of(entries, 'connection')[0], modes: 'messages-tuple', frames: [piece('2-0', 'other')] }),
  ],
  [
    'text is given up in silence',
    'superseded',
    (entries) => {
      const given_up = piece('1-1', 'on', 'm-0');
      replay_of(entries).frames.splice(1, 0, given_up);
      of(entries, 'connection')[0].frames.splice(1, 0, given_up);
    },
  ],
  ['an answer is not the text that was streamed', 'superseded', (entries) => (thread_of(entries).messages[1].content = 'one w2')],
  ['a run that was acknowledged is gone', 'acknowledged', (entries) => thread_of(entries).runs.pop()],
  [
    'a run of which nobody read the stream is gone',
    'acknowledged',
    (entries) => entries.push(turn_on('a', 't-9', 'nine', { at: start + 30 }), { type: 'answer', at: start + 31, turn: 't-9', what: 'held', status: 200, run: 'r-9' }),
    /r-9 of "nine" was acknowledged/,
  ],
  [
    'a run that is not due yet is gone with those that another one rolled back',
    'acknowledged',
    (entries) => {
      entries.push({ type: 'rolls_back', at: start + 7, thread: 'a', by: 't-2' });
      thread_of(entries).runs.splice(1, 1);
      thread_of(entries).messages.splice(4);
      of(entries, 'provider')[0].calls.splice(2, 1);
    },
    /r-4 of "later"/,
  ],
  ['an update of the state that was acknowledged is gone', 'acknowledged', (entries) => dialogue_of(entries).messages.splice(3, 1), /update u-1 was acknowledged/],
  ['a field that was set is as it was', 'acknowledged', (entries) => (dialogue_of(entries).fields.guest = ''), /set guest to Ada/],
  [
    'a question that was asked is not open after a crash',
    'acknowledged',
    (entries) => {
      leave_question(entries);
      entries.splice(entries.findIndex(({ turn }) => turn === 't-6'), 1);
      dialogue_of(entries).questions = [];
    },
    /question q-1 was asked/,
  ],
  [
    'a question is not open again when the answer was rolled back',
    'acknowledged',
    (entries) => {
      take_answer_back(entries);
      dialogue_of(entries).questions = ['q-2'];
    },
    /question q-1 was asked/,
  ],
  ['a run that goes on begins at the first node', 'resumed', (entries) => replay_of(entries, 't-6').frames.unshift(step('6-0', 'look')), /went through look, ask/],
  ['a run does a step twice', 'resumed', (entries) => replay_of(entries, 't-6').frames.splice(2, 0, step('8-9', 'book')), /went through ask, book, book/],
  ['a run stops before its end as though it were whole', 'resumed', (entries) => replay_of(entries, 't-6').frames.pop(), /went through ask, book,/],
  ['an answer stands where nobody asked', 'resumed', (entries) => dialogue_of(entries).messages.splice(2, 1), /not behind the question/],
  ['a run of which events were shown is gone', 'acknowledged', (entries) => thread_of(entries).runs.shift()],
  ['a thread cannot be read', 'acknowledged', (entries) => (thread_of(entries).unreadable = '500 damaged')],
  ['a thread that was made is gone', 'acknowledged', (entries) => delete of(entries, 'final')[0].threads.a],
  ['an answer that was given is another one later', 'acknowledged', (entries) => (thread_of(entries).messages[3].id = 'm-9')],
  [
    'runs change their order',
    'order',
    (entries) => {
      thread_of(entries).runs.reverse();
    },
    /its questions are/,
  ],
  [
    'a run overtakes one that was accepted before it',
    'order',
    (entries) => {
      entries.splice(-2, 0, { type: 'answer', at: start + 7, turn: 't-1', what: 'accepted', status: 200, run: 'r-1', text: '{}' });
    },
  ],
  ['a turn that begins later begins at once', 'order', (entries) => (of(entries, 'provider')[0].calls[2].arrived_at_ms = start + 150), /too early/],
  ['a turn that begins later stands where it was accepted', 'order', (entries) => move(thread_of(entries).messages, 4, 2), /"later" stands before "two"/],
  [
    'a turn that begins later comes after those that were asked for long after it was due',
    'order',
    (entries) => {
      entries.push(turn_on('a', 't-9', 'nine', { at: start + 2_000 }));
      thread_of(entries).runs.push(run('r-9', 'nine'));
      thread_of(entries).messages.splice(4, 0, human('nine'));
    },
    /"nine" stands before "later"/,
  ],
  ['an update stands before what was there when it was made', 'order', (entries) => move(dialogue_of(entries).messages, 3, 0), /"note u-1" stands before "a table"/],
  ['an update stands behind what came after it', 'order', (entries) => move(dialogue_of(entries).messages, 3, 5), /stands before "note u-1"/],
  ['two turns of a thread run at once', 'overlap', (entries) => (of(entries, 'provider')[0].calls[0].ended_after_ms = 5_000)],
  ['a turn is never ended', 'unfinished', (entries) => (thread_of(entries).runs[1].status = 'running')],
  [
    'a turn goes on only when somebody asks for it',
    'unfinished',
    (entries) => (thread_of(entries).runs[1].updated_at = new Date(start + 6_000).toISOString()),
  ],
  ['a request is done twice', 'key', (entries) => thread_of(entries).runs.push(run('r-3', 'two'))],
  ['an update is made twice', 'key', (entries) => dialogue_of(entries).messages.push(human('note u-1')), /made 2 times/],
  ['a key has two answers', 'key', (entries) => (of(entries, 'final')[0].repeated[0].text = '{"messages":[]}')],
  ['a turn is charged for what was not served', 'charged', (entries) => (thread_of(entries).messages[1].usage_metadata.output_tokens = 3)],
  [
    'an answer is longer than what was charged',
    'charged',
    (entries) => (thread_of(entries).messages[1].content = 'one w1 w2'),
    /has not the 2 tokens/,
  ],
  ['a turn is charged, and the provider served nothing', 'charged', (entries) => of(entries, 'provider')[0].calls.shift()],
  [
    'the provider is called for a turn that is on no disk',
    'paid_for_nothing',
    (entries) => {
      entries.unshift({ type: 'turn', at: start, turn: 't-3', thread: 'a', text: 'three', agent: 'chat', api: 'langgraph', temporary: false });
      of(entries, 'provider')[0].calls.push(call('three', { arrived_at_ms: start + 600 }));
    },
  ],
  ['a turn that was rolled back is there', 'taken_back', (entries) => entries.push({ type: 'taken_back', at: start + 20, turn: 't-2', how: 'rollback' })],
  [
    'the question of a turn that was rolled back is there',
    'taken_back',
    (entries) => {
      entries.push({ type: 'rolls_back', at: start + 5, thread: 'a', turn: 't-2' });
      thread_of(entries).runs.pop();
    },
  ],
  [
    'a turn that was cancelled ran out of time',
    'taken_back',
    (entries) => {
      entries.push({ type: 'taken_back', at: start + 20, turn: 't-2', how: 'cancel' });
      thread_of(entries).runs[2].status = 'timeout';
    },
    /was cancelled and is timeout/,
  ],
  ['a turn that was cancelled runs on', 'taken_back', (entries) => {
    entries.push({ type: 'taken_back', at: start + 20, turn: 't-2', how: 'cancel' });
    of(entries, 'provider')[0].calls[1].ended_after_ms = 9_000;
  }],
  ['a thread that was deleted is there', 'taken_back', (entries) => entries.push({ type: 'deleted', at: start + 20, thread: 'a' })],
  ['a call of the provider is left open', 'taken_back', (entries) => Object.assign(of(entries, 'provider')[0].calls[1], { outcome: 'open', ended_after_ms: null })],
  ['a webhook never comes', 'webhook', (entries) => posts_of(entries).splice(0), /never came, in 0 posts/],
  ['a webhook is given up before its receiver has it', 'webhook', (entries) => posts_of(entries).pop(), /never came, in 1 posts/],
  ['a webhook is lost that its receiver had no time to answer', 'webhook', (entries) => posts_of(entries).forEach((each) => delete each.status), /never came, in 2 posts/],
  ['a webhook is not signed', 'webhook', (entries) => (posts_of(entries)[1].signed = false), /not signed/],
  ['a webhook changes its body', 'webhook', (entries) => (posts_of(entries)[1].body = posts_of(entries)[1].body.replace('w1', 'w2')), /two bodies/],
  ['a webhook has two ids', 'webhook', (entries) => (posts_of(entries)[1].id = 'r-7'), /is called r-6 and r-7/],
  ['a webhook tells another end', 'webhook', (entries) => posts_of(entries).forEach((each) => (each.body = each.body.replace('success', 'error'))), /tells of run r-6 of b, error/],
  ['a webhook tells what is not on the thread', 'webhook', (entries) => posts_of(entries).forEach((each) => (each.body = each.body.replace(' w1', ' w2'))), /messages that it tells/],
  ['a webhook comes again, and there was no crash', 'webhook', (entries) => posts_of(entries).push({ ...posts_of(entries)[1], at: start + 950 }), /without a crash/],
  ['a webhook comes that nobody asked for', 'webhook', (entries) => posts_of(entries).push({ ...posts_of(entries)[1], turn: 't-5' }), /nobody asked/],
  [
    'a webhook tells of a turn that was rolled back',
    'webhook',
    (entries) => {
      const [first] = posts_of(entries);
      take_answer_back(entries);
      posts_of(entries).push(first);
    },
    /there is no run/,
  ],
  [
    'the webhook of a stateless run never comes',
    'webhook',
    (entries) =>
      entries.push(
        turn_on(undefined, 't-9', 'nine', { at: start + 30, temporary: true, options: { webhook: 'http://hook' } }),
        { type: 'answer', at: start + 60, turn: 't-9', what: 'values', status: 200, text: '{}' },
      ),
    /never came/,
  ],
  [
    'a webhook comes long after its thread was deleted',
    'taken_back',
    (entries) => {
      entries.push({ type: 'deleted', at: start + 40, thread: 'b' });
      posts_of(entries)[1].at = start + 2_000;
    },
    /after its thread was deleted/,
  ],
  ['the server does not come back', 'restart', (entries) => entries.push({ type: 'no_restart', at: start + 20, detail: 'it ended' })],
  [
    'a server goes on after a write has failed',
    'write_failed',
    (entries) => entries.push({ type: 'write_failed', at: start + 20, process: 2 }, { type: 'kill', at: start + 9_000, kill: 2, how: 'failing_write', streams: 0, end: null }),
  ],
];

for (const [name, rule, spoil, said = /./] of faults) {
  test(`found: ${name}`, () => {
    const entries = history();
    spoil(entries);
    const found = check(entries);
    const is_it = (violation) => violation.rule === rule && said.test(violation.detail);
    assert.ok(found.some(is_it), `${rule} is not among ${JSON.stringify(found)}`);
  });
}

test('a question that is open again when its answer was rolled back is as it should be', () => {
  const entries = history();
  take_answer_back(entries);
  assert.deepEqual(check(entries), []);
});

test('a webhook that comes again after a crash is as it should be', () => {
  const entries = history();
  posts_of(entries).push({ ...posts_of(entries)[1], at: start + 2_000 });
  entries.push({ type: 'kill', at: start + 1_500, kill: 2, how: 'sigkill', streams: 0 });
  assert.deepEqual(check(entries), []);
});

test('every rule has a history that breaks it', () => {
  assert.deepEqual(new Set(faults.map(([, rule]) => rule)), new Set(Object.keys(rules)));
});
