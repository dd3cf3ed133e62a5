// A TCP proxy whose connections can be cut: a network that fails in the middle of a stream.

import net from 'node:net';
import { Transform } from 'node:stream';

export class Proxy {
  connections = 0;
  #pairs = new Set();

  // With `cut_after`, the first connection that would bring its client more bytes than that is cut
  // there, wherever in an event it is; later ones are not.
  static async start(t, port, { cut_after = Infinity } = {}) {
    const proxy = new Proxy();
    let left = cut_after;
    proxy.server = net.createServer((client) => {
      proxy.connections += 1;
      const upstream = net.connect(port, '127.0.0.1');
      const pair = { client, upstream };
      proxy.#pairs.add(pair);
      const end = () => {
        client.destroy();
        upstream.destroy();
        proxy.#pairs.delete(pair);
      };
      for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
      client.pipe(upstream);
      let brought = 0;
      const cutter = new Transform({
        transform(bytes, _, pass) {
          brought += bytes.length;
          if (brought <= left) return pass(null, bytes);
          client.write(bytes.subarray(0, bytes.length - (brought - left)), () => client.destroy());
          left = Infinity; // and nothing passes here any more
        },
      });
      upstream.pipe(cutter).pipe(client);
    });
    await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    t.after(() => {
      proxy.cut();
      proxy.server.close();
    });
    return proxy;
  }

  cut() {
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }
}
