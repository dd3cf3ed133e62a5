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

// One thread with two turns, a crash in the stream of the first, and nothing amiss.
function history() {
  const frames = [frame('1-0', 'metadata', { run_id: 'r-1' }), piece('2-0', 'one'), piece('3-0', ' w1'), frame('4-2', 'custom', { type: 'step' })];
  const values = { messages: [human('one'), ai('m-1', 'one w1', 2), human('two'), ai('m-2', 'two w1', 2)] };
  const first = { type: 'connection', turn: 't-1', run: 'r-1', modes: 'messages-tuple,custom', source: 'post', frames: frames.slice(0, 2), end: 'cut' };
  const second = { ...first, source: 'join', after: '2-0', frames: frames.slice(2), end: 'clean' };
  const thread = { asked_at: start + 5_000, runs: [run('r-1', 'one'), run('r-2', 'two')], messages: values.messages };
  return [
    { type: 'turn', turn: 't-1', thread: 'a', text: 'one', agent: 'chat', api: 'langgraph', key: 'k-1', temporary: false, made: true },
    first,
    { type: 'kill', kill: 1, how: 'sigkill', streams: 1 },
    second,
    { type: 'turn', turn: 't-2', thread: 'a', text: 'two', agent: 'chat', api: 'langgraph', key: 'k-2', temporary: false, made: true },
    { type: 'answer', turn: 't-2', what: 'accepted', status: 200, run: 'r-2', text: '{}' },
    { type: 'answer', turn: 't-2', what: 'values', status: 200, run: 'r-2', text: JSON.stringify(values) },
    {
      type: 'final',
      threads: { a: thread },
      replays: { 't-1 messages-tuple,custom': { status: 200, end: 'clean', frames } },
      repeated: [{ turn: 't-2', what: 'values', status: 200, text: JSON.stringify(values) }],
    },
    { type: 'provider', calls: [call('one'), call('two', { arrived_at_ms: start + 300 })] },
  ].map((entry, index) => ({ at: start + index, ...entry }));
}

const of = (entries, type) => entries.filter((entry) => entry.type === type);
const thread_of = (entries) => of(entries, 'final')[0].threads.a;
const replay_of = (entries) => of(entries, 'final')[0].replays['t-1 messages-tuple,custom'];

test('a history in which every promise was kept has no violation', () => {
  assert.deepEqual(check(history()), []);
});

// What goes wrong, the rule that finds it, and how it looks to clients.
const faults = [
  ['an event is lost between two connections', 'stream', (entries) => of(entries, 'connection')[1].frames.shift()],
  ['an event is shown again after a crash', 'stream', (entries) => of(entries, 'connection')[1].frames.unshift(piece('2-0', 'one'))],
  ['an event changes its bytes', 'stream', (entries) => (of(entries, 'connection')[0].frames[1] = piece('2-0', 'One'))],
  ['an event that was shown is taken back', 'stream', (entries) => of(entries, 'connection')[0].frames.push(piece('2-1', ' w9'))],
  ['a stream ends early as though it were whole', 'stream', (entries) => of(entries, 'connection')[1].frames.pop()],
  ['a client resumes after an event that nobody knows any more', 'stream', (entries) => (of(entries, 'connection')[1].after = '2-7')],
  ['a replay shows an event twice', 'stream', (entries) => replay_of(entries).frames.push(replay_of(entries).frames.at(-1))],
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
  ],
  [
    'a run overtakes one that was accepted before it',
    'order',
    (entries) => {
      entries.splice(-2, 0, { type: 'answer', at: start + 7, turn: 't-1', what: 'accepted', status: 200, run: 'r-1', text: '{}' });
    },
  ],
  ['two turns of a thread run at once', 'overlap', (entries) => (of(entries, 'provider')[0].calls[0].ended_after_ms = 5_000)],
  ['a turn is never ended', 'unfinished', (entries) => (thread_of(entries).runs[1].status = 'running')],
  [
    'a turn goes on only when somebody asks for it',
    'unfinished',
    (entries) => (thread_of(entries).runs[1].updated_at = new Date(start + 6_000).toISOString()),
  ],
  ['a request is done twice', 'key', (entries) => thread_of(entries).runs.push(run('r-3', 'two'))],
  ['a key has two answers', 'key', (entries) => (of(entries, 'final')[0].repeated[0].text = '{"messages":[]}')],
  ['a turn is charged for what was not served', 'charged', (entries) => (thread_of(entries).messages[1].usage_metadata.output_tokens = 3)],
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
  ['a turn that was cancelled runs on', 'taken_back', (entries) => {
    entries.push({ type: 'taken_back', at: start + 20, turn: 't-2', how: 'cancel' });
    of(entries, 'provider')[0].calls[1].ended_after_ms = 9_000;
  }],
  ['a thread that was deleted is there', 'taken_back', (entries) => entries.push({ type: 'deleted', at: start + 20, thread: 'a' })],
  ['a call of the provider is left open', 'taken_back', (entries) => Object.assign(of(entries, 'provider')[0].calls[1], { outcome: 'open', ended_after_ms: null })],
  ['the server does not come back', 'restart', (entries) => entries.push({ type: 'no_restart', at: start + 20, detail: 'it ended' })],
  [
    'a server goes on after a write has failed',
    'write_failed',
    (entries) => entries.push({ type: 'write_failed', at: start + 20, process: 2 }, { type: 'kill', at: start + 9_000, kill: 2, how: 'failing_write', streams: 0, end: null }),
  ],
];

for (const [name, rule, spoil] of faults) {
  test(`found: ${name}`, () => {
    const entries = history();
    spoil(entries);
    const found = check(entries);
    assert.ok(found.some((violation) => violation.rule === rule), `${rule} is not among ${JSON.stringify(found)}`);
  });
}

test('every rule has a history that breaks it', () => {
  assert.deepEqual(new Set(faults.map(([, rule]) => rule)), new Set(Object.keys(rules)));
});
