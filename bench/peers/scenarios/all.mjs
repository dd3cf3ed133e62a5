// Everything that docs/benchmarks.md shows, in its order. A scenario has
//
//   name, title, text   what is done, for the page
//   peers               who takes part
//   columns             figures of its table: {figure, title, digits}
//   bounds              {text, of(m), least | most}: m(peer, figure) is a median; without a bound it is only shown
//   timed               each measurement takes the seconds that were asked for, after a warm-up
//   runs_max            for what takes long
//   measure(run)        the figures of one peer, once: run.start(options) starts it, run.stand has what they share

import { burst, stalled } from './crowds.mjs';
import { long_run, memory } from './keeping.mjs';
import { kill } from './kill.mjs';
import { added, calls } from './proxied.mjs';
import { echo, stream } from './turns.mjs';

export const scenarios = [echo, stream, long_run, memory, burst, kill, stalled, calls, added];
