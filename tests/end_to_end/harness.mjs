// What the tests stand on. A test starts the real binaries in a folder of its own, on a port that the
// system picks, and everything it started ends with it.

export { agent_folder } from './support/agent_folder.mjs';
export { configuration, configuration_with, merged } from './support/configuration.mjs';
export { EventStream } from './support/event_stream.mjs';
export { call } from './support/http.mjs';
export * from './support/langgraph.mjs';
export { load, Mock } from './support/mock.mjs';
export { parlance, parlance_debug, Program, root, run, sanitized } from './support/program.mjs';
export { Random } from './support/random.mjs';
export { RawSocket } from './support/raw_socket.mjs';
export { free_port, Server } from './support/server.mjs';
export { elapse, for_all, until, within } from './support/wait.mjs';
