// Webhooks: the end of each run with one reaches its receiver, and of nothing else.

const deleted_within_ms = 1_000; // of one that is on its way when its thread is deleted

const is_taken = (post) => post.status >= 200 && post.status < 300;

// The posts of one turn, one after the other.
function check_posts(seen, turn, posts, violation) {
  for (const [index, post] of posts.entries()) {
    if (!post.signed) violation('webhook', turn, `post ${index} is not signed as it should be`);
    if (post.id !== posts[0].id) violation('webhook', turn, `its run is called ${posts[0].id} and ${post.id}`);
    if (post.body !== posts[0].body) violation('webhook', turn, `it has two bodies:\n  ${posts[0].body}\n  ${post.body}`);
    const taken = posts.slice(0, index).find(is_taken);
    if (taken && !seen.kills.some(({ at }) => at >= taken.at && at <= post.at)) {
      violation('webhook', turn, `it was posted again ${post.at - taken.at} ms after it was taken, without a crash`);
    }
  }
}

function check_body(turn, run, thread, body, violation) {
  if (body.run_id !== run.run_id || body.thread_id !== turn.thread || body.status !== run.status) {
    violation('webhook', turn, `it tells of run ${body.run_id} of ${body.thread_id}, ${body.status}; that is ${run.run_id}, ${run.status}`);
  }
  const messages = body.values?.messages ?? [];
  const there = JSON.stringify(thread.messages.slice(0, messages.length));
  if (JSON.stringify(messages) !== there) {
    violation('webhook', turn, `the messages that it tells are not those of the thread:\n  ${JSON.stringify(messages)}\n  ${there}`);
  }
}

export function check_webhooks(seen, violation) {
  if (!seen.final) return;
  const posts_of = new Map();
  for (const post of seen.of('webhooks').at(-1)?.posts ?? []) posts_of.set(post.turn, [...(posts_of.get(post.turn) ?? []), post]);
  for (const [name, posts] of posts_of) {
    const turn = seen.turns.get(name);
    if (turn?.options?.webhook) {
      check_posts(seen, turn, posts, violation);
    } else {
      violation('webhook', turn, `it was posted ${posts.length} times, and nobody asked for a webhook`);
    }
  }
  const deleted_at = new Map(seen.of('deleted').map(({ thread, at }) => [thread, at]));
  for (const turn of seen.turns.values()) {
    if (!turn.options?.webhook) continue;
    const posts = posts_of.get(turn.turn) ?? [];
    const late = posts.find(({ at }) => at > deleted_at.get(turn.thread) + deleted_within_ms);
    if (late) violation('taken_back', turn, `its webhook came ${late.at - deleted_at.get(turn.thread)} ms after its thread was deleted`);
    const thread = seen.thread_of(turn);
    const run = seen.run_at_end(turn) ?? thread?.runs.find(({ run_id }) => run_id === posts[0]?.id);
    const told = turn.temporary && seen.of('answer').some((answer) => answer.turn === turn.turn && answer.status === 200);
    if ((run || told) && !posts.some(is_taken)) violation('webhook', turn, `the end of its run never came, in ${posts.length} posts`);
    if (run && posts.length > 0) check_body(turn, run, thread, JSON.parse(posts[0].body), violation);
    if (thread && !run && posts.length > 0) violation('webhook', turn, `there is no run of "${turn.text}", and its webhook came`);
  }
}
