// How a server is made to end: what is armed when it starts, and what is done to it then.
//
// `failpoints` needs the build that has them. `ends` says that it ends by itself; who is late is killed. The rest
// is killed after `kill_after_ms`, of those that are `stopped` first after standing still.

const between = (random, name, least, most) => `${name}@${random.between(least, most)}`;

const faults = {
  sigkill: () => ({}),
  sigstop: () => ({ stopped: true }),
  abort_before_write: (random) => ({ failpoints: between(random, 'journal.before_write=abort', 5, 150), ends: true }),
  abort_after_write: (random) => ({ failpoints: between(random, 'journal.after_write=abort', 5, 150), ends: true }),
  failing_write: (random) => ({ failpoints: between(random, 'journal.write_fails=fire', 5, 150), ends: true }),
  failing_sync: (random) => ({ failpoints: between(random, 'storage.sync_fails=fire', 5, 150), ends: true }),
  slow_sync: () => ({ failpoints: 'journal.before_write=sleep(15)@1+' }),
  power_cut: () => ({ failpoints: 'storage.unsynced_in_memory=fire@1+' }),
  failing_thread: (random) => ({ failpoints: `${between(random, 'thread.turn=throw', 5, 40)}*2` }),
  failing_writer: (random) => ({ failpoints: between(random, 'journal.before_write=throw', 5, 60) }),
  lost_thread: (random) => ({ failpoints: `${between(random, 'directory.loses_thread=fire', 5, 60)}*20` }),
  full_disk: () => ({ full: true, ends: true }),
};

export const plain_faults = ['sigkill', 'sigkill', 'sigkill', 'sigstop'];
export const armed_faults = Object.keys(faults).filter((name) => !['sigkill', 'sigstop', 'full_disk'].includes(name));

// The faults in which a mutant can show itself.
export const mutants = {
  skip_sync: ['power_cut'],
  publish_before_commit: ['slow_sync', 'abort_before_write'],
  forget_epoch_check: ['lost_thread'],
  retry_after_failed_commit: ['failing_write', 'failing_sync'],
  drop_index_entry: ['sigkill'],
  reuse_id: ['sigkill'],
  forget_key: ['sigkill'],
  remove_webhook_early: ['sigkill'],
};

export function choose_fault(random, names) {
  const how = names[random.between(0, names.length - 1)];
  return { how, kill_after_ms: random.between(80, 500), ...faults[how](random) };
}
