// What clients saw, as plain entries in the order in which they saw it. The checker gets nothing else of them.
//
//   turn        {turn, thread, text, agent, key, api, temporary,   asked for, perhaps more than once; `options`: more of its
//                options, after_ms, nodes, answers, goes_on}       body; `after_ms`: it begins later; `nodes`: that it is to
//                                                                  go through; `answers`: the id of a question;
//                                                                  `goes_on`: it says nothing, its `text` is nowhere
//   connection  {turn, run, modes, after, source, frames, end}     one stream: `source` is 'post' or 'join', `end`
//                                                                  'clean' or 'cut', a frame {id, event, data, raw}
//   answer      {turn, what, status, code, run, text}              `what`: 'accepted', 'values', 'joined', 'completion',
//                                                                  'held' (a stream that nobody reads, its head)
//   update      {update, thread, text, fields}                     of the thread's state: asked for
//   updated     {update, thread}                                   acknowledged
//   taken_back  {turn, how}                                        acknowledged; `how`: 'cancel' or 'rollback'
//   rolls_back  {thread, turn, by}                                 asked for: of `turn`, or by the turn `by` of all that
//                                                                  run or wait on the thread
//   deleting    {thread}                                           asked for
//   deleted     {thread}                                           acknowledged
//   write_failed {process}                                         a client was told storage_failed; the first process is 1
//   kill        {kill, how, streams, ready_ms, end}                `how`: the fault; `end`: of a process that ended by itself;
//                                                                  kill 1 ends process 1; noted when all is here that the
//                                                                  process had sent
//   no_restart  {detail}                                           the run could not go on
//   final       {threads, replays, repeated}                       what the API shows at the end, see final_read.mjs
//   provider    {calls}                                            the mock's own journal
//   webhooks    {posts}                                            {turn, at, id, body, signed, status} as they came;
//                                                                  `status`: what they were answered, if they were
//
// Every entry has `at`, milliseconds since 1970.

export class History {
  entries = [];

  note(type, fields) {
    const entry = { type, at: Date.now(), ...fields };
    this.entries.push(entry);
    return entry;
  }
}
