// One question and what became of it: the text so far, the passages and steps behind it, and how it ended.
// Events of the run change it; whoever shows it is told by `on_change`.

export class Turn {
  status = 'waiting'; // then 'streaming', and at last 'done', 'stopped' or 'failed'
  run = null;
  passages = [];
  steps = [];
  model = null;
  error = null;
  is_stopping = false;
  is_reconnecting = false;
  has_begun_again = false; // the answer was given up half-way, and a new one follows
  on_change = () => {};

  #messages = []; // {id, text, tools, final}: final ones, and at most one that still grows
  #given_up = new Set();

  // `question` is {id, text}.
  constructor(agent, question) {
    this.agent = agent;
    this.question = question;
  }

  get is_over() {
    return ['done', 'stopped', 'failed'].includes(this.status);
  }

  get text() {
    return this.#messages
      .map((message) => message.text)
      .filter(Boolean)
      .join('\n\n');
  }

  // The names of the tools that the agent called, each once.
  get tools() {
    return [...new Set(this.#messages.flatMap((message) => message.tools))];
  }

  change(changes) {
    Object.assign(this, changes);
    this.on_change();
  }

  // Begins anew, before a run's events come from the beginning.
  reset() {
    this.#messages = [];
    this.change({ status: 'waiting', passages: [], steps: [], error: null, is_stopping: false, has_begun_again: false });
  }

  // An answer that is known whole, from the thread's state.
  know(messages) {
    for (const message of messages) this.#complete(message);
  }

  // What a replay of the run showed. It was gathered out of sight, so that nothing flickers.
  adopt(replayed) {
    if (this.#messages.length === 0) this.#messages = replayed.#messages;
    const { passages, steps, model } = replayed;
    this.change({ passages, steps, model: model ?? this.model });
  }

  apply(name, data) {
    if (name === 'messages') this.#stream(...data);
    if (name === 'updates') Object.values(data).forEach((update) => this.#update(update ?? {}));
    if (name === 'custom') this.#custom(data);
    if (this.status === 'waiting' && this.#messages.length > 0) this.status = 'streaming';
    this.on_change();
  }

  #stream(piece, metadata) {
    this.#note_model(piece, metadata);
    if (piece.type !== 'AIMessageChunk' && piece.type !== 'ai') return;
    if (this.#given_up.has(piece.id)) return;
    if (piece.type === 'ai') {
      this.#complete(piece);
      return;
    }
    let message = this.#messages.find(({ id }) => id === piece.id);
    if (!message) {
      // A draft that was sent back is over when the next one begins.
      this.#drop_unfinished();
      message = { id: piece.id, text: '', tools: [], final: false };
      this.#messages.push(message);
    }
    if (!message.final) message.text += text_of(piece);
  }

  #update(update) {
    if (Array.isArray(update.passages)) this.passages = update.passages;
    for (const message of update.messages ?? []) {
      this.#note_model(message);
      if (message.type === 'ai') this.#complete(message);
    }
  }

  #custom(data) {
    if (data.type === 'step') {
      this.steps = [...this.steps, data];
      if (data.model) this.model = data.model;
    }
    if (data.type === 'superseded') {
      this.#given_up.add(data.message_id);
      this.#messages = this.#messages.filter(({ id }) => id !== data.message_id);
      this.has_begun_again = true;
    }
  }

  #complete(message) {
    const text = text_of(message);
    const tools = (message.tool_calls ?? []).map(({ name }) => name);
    const known = this.#messages.find(({ id }) => id === message.id);
    if (known) Object.assign(known, { text, tools, final: true });
    this.#drop_unfinished();
    if (!known && (text || tools.length > 0)) this.#messages.push({ id: message.id, text, tools, final: true });
  }

  #drop_unfinished() {
    this.#messages = this.#messages.filter(({ final }) => final);
  }

  #note_model(message, metadata = {}) {
    const model = message.response_metadata?.model_name ?? metadata.ls_model_name;
    if (model) this.model = model;
  }
}

// Content is a text, or a list of parts of which some are. A model that refuses says so beside it.
export function text_of({ content, additional_kwargs }) {
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');
  return text || (additional_kwargs?.refusal ?? '');
}
