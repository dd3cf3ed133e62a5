// The chat page: the open conversation and everything around it.

import { first_choice, greeting_of, name_of, questions_for } from './agents.js';
import { spoken } from './citations.js';
import { Client, Refusal } from './client.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { ConversationList } from './conversation_list.js';
import { ask_for_key, confirm_delete } from './dialogs.js';
import { by_id, copy_of, element } from './element.js';
import { outcome_of } from './outcome.js';
import { insist } from './retry.js';
import { Scroll } from './scroll.js';
import { Sidebar } from './sidebar.js';
import { set_up_theme } from './theme_button.js';
import { trouble_of } from './trouble.js';
import { TurnView } from './turn_view.js';

const client = new Client(ask_for_key);
const sidebar = new Sidebar();
const scroll = new Scroll();
const list = new ConversationList(delete_conversation);
const tabs = new BroadcastChannel('parlance.asked'); // with the thread of each question, to this browser's other tabs
const composer = new Composer({ on_send: ask, on_stop: () => conversation.stop() });

let agents = [];
let conversation = null;
const views = new Map(); // of its turns

const chosen_agent = () => by_id('agent').value;
const thread_in_address = () => /^#thread=([\w-]+)$/.exec(location.hash)?.[1] ?? null;

function show_line(text) {
  by_id('line').hidden = !text;
  by_id('line').textContent = text;
}

const show_waiting = (is_waiting) => show_line(is_waiting ? 'Reconnecting…' : '');

function show_notice(text) {
  by_id('notice').hidden = !text;
  by_id('notice').textContent = text;
}

function announce(text) {
  by_id('announcer').replaceChildren(element('p', { textContent: text }));
}

function announce_end(turn) {
  if (turn.status === 'done') announce(outcome_of(turn) || spoken(turn.text, turn.passages.length));
  if (turn.status === 'stopped') announce('Stopped.');
  if (turn.status === 'failed') announce(trouble_of(turn).reason);
}

function ask(text) {
  show_notice('');
  conversation.ask(chosen_agent(), text);
  scroll.to_end();
}

function show_state() {
  const { is_loaded, is_empty, is_busy, is_stopping } = conversation;
  by_id('welcome').hidden = !is_empty || agents.length === 0;
  composer.show({ is_ready: agents.length > 0 && is_loaded, is_busy, is_stopping });
}

function show_agent() {
  const agent = agents.find(({ graph_id }) => graph_id === chosen_agent());
  if (!agent) return;
  by_id('greeting').textContent = greeting_of(agent.graph_id);
  by_id('description').textContent = agent.description ?? '';
  composer.name_agent(name_of(agent.graph_id));
  by_id('suggestions').replaceChildren(
    ...questions_for(agent.graph_id).map((text) => {
      const line = copy_of('suggestion_template');
      const button = line.querySelector('button');
      button.textContent = text;
      button.addEventListener('click', () => {
        composer.focus();
        ask(text);
      });
      return line;
    }),
  );
}

function choose_agent(name) {
  if (!agents.some(({ graph_id }) => graph_id === name)) return;
  by_id('agent').value = name;
  show_agent();
}

// Before the turn `next`, or at the end.
function add_turn(turn, next) {
  const view = new TurnView(turn, try_again);
  let { is_over, is_reconnecting } = turn;
  turn.on_change = () => {
    view.draw();
    if (turn.is_reconnecting && !is_reconnecting) announce('Reconnecting…');
    if (turn.is_over && !is_over) announce_end(turn);
    ({ is_over, is_reconnecting } = turn);
    show_state();
  };
  by_id('turns').insertBefore(view.element, views.get(next)?.element ?? null);
  views.set(turn, view);
  show_state();
  // Of what was over before, the sources and steps are fetched when they may be seen.
  if (turn.is_over) scroll.when_near(view.element, () => conversation.replay(turn));
}

function try_again(turn, how) {
  composer.focus();
  if (how === 'ask') {
    conversation.ask_again(turn);
    return;
  }
  conversation.remove(turn);
  views.get(turn).element.remove();
  composer.write(turn.question.text);
  show_state();
}

// The thread that the address names, or a new conversation.
async function open_conversation() {
  const thread = thread_in_address();
  if (conversation && conversation.thread === thread && thread !== null) return;
  conversation?.close();
  views.clear();
  by_id('turns').replaceChildren();
  show_notice('');
  show_line('');
  sidebar.show(false);
  const opened = new Conversation(client, {
    thread,
    on_turn: (turn, next) => opened === conversation && add_turn(turn, next),
    on_asked: (turn, is_first) => {
      if (is_first) list.add(opened.thread, turn.question.text);
      if (is_first && opened === conversation) name_conversation(opened.thread);
      tabs.postMessage(opened.thread);
    },
  });
  conversation = opened;
  show_title(thread);
  show_state();
  if (thread) await load(opened);
}

function name_conversation(id) {
  history.pushState(null, '', `#thread=${id}`);
  show_title(id);
}

function show_title(thread) {
  list.show_open(thread);
  const title = thread && list.title_of(thread);
  document.title = title ? `${title} · Parlance` : 'Parlance';
}

async function load(opened) {
  show_line('Loading…');
  try {
    await opened.load((is_waiting) => opened === conversation && show_waiting(is_waiting));
    if (opened !== conversation) return;
    choose_agent(opened.agent);
    show_state();
    scroll.to_end();
  } catch (error) {
    if (opened !== conversation) return;
    if (error instanceof Refusal && error.status === 404) {
      history.replaceState(null, '', location.pathname);
      open_conversation();
    }
    show_notice(trouble_of({ error }).reason);
  }
  show_line('');
}

function begin_conversation() {
  if (thread_in_address()) history.pushState(null, '', location.pathname);
  open_conversation();
  composer.focus();
}

async function delete_conversation(id, title) {
  if (!(await confirm_delete(title))) return;
  try {
    await client.delete_thread(id);
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 404)) {
      show_notice(trouble_of({ error }).reason);
      return;
    }
  }
  list.remove(id);
  if (conversation.thread === id) begin_conversation();
}

async function begin() {
  set_up_theme(by_id('theme'));
  by_id('new').addEventListener('click', begin_conversation);
  by_id('agent').addEventListener('change', () => {
    // A conversation stays with its agent: another one begins another.
    if (!conversation.is_empty) begin_conversation();
    show_agent();
    composer.focus();
  });
  addEventListener('hashchange', open_conversation);
  tabs.addEventListener('message', ({ data }) => data === conversation.thread && conversation.catch_up());
  document.addEventListener('visibilitychange', () => document.hidden || conversation.catch_up());
  open_conversation();
  try {
    agents = await insist(() => client.agents(), { on_wait: show_waiting });
  } catch (error) {
    show_notice(trouble_of({ error }).reason);
    return;
  }
  by_id('agent').replaceChildren(
    ...agents.map(({ graph_id }) => element('option', { value: graph_id, textContent: name_of(graph_id) })),
  );
  by_id('agents').hidden = agents.length === 0;
  choose_agent(conversation.agent ?? first_choice(agents));
  show_state();
  composer.focus();
}

begin();
