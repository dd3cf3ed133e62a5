// What clients saw, as plain entries in the order in which they saw it. The checker gets nothing else of them.
//
//   turn        {turn, thread, text, agent, key, api, temporary}   asked for, perhaps more than once
//   connection  {turn, run, modes, after, source, frames, end}     one stream: `source` is 'post' or 'join', `end`
//                                                                  'clean' or 'cut', a frame {id, event, data, raw}
//   answer      {turn, what, status, code, run, text}              `what`: 'accepted', 'values', 'joined', 'completion'
//   taken_back  {turn, how}                                        acknowledged; `how`: 'cancel' or 'rollback'
//   rolls_back  {thread, turn}                                     asked for: of `turn`, or of all turns of the thread
//   deleting    {thread}                                           asked for
//   deleted     {thread}                                           acknowledged
//   write_failed {process}                                         a client was told storage_failed; the first process is 1
//   kill        {kill, how, streams, ready_ms, end}                `how`: the fault; `end`: of a process that ended by itself;
//                                                                  kill 1 ends process 1
//   no_restart  {detail}                                           the run could not go on
//   final       {threads, replays, repeated}                       what the API shows at the end, see final_read.mjs
//   provider    {calls}                                            the mock's own journal
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
