// A TCP proxy whose connections can be cut: a network that fails in the middle of a stream.

import net from 'node:net';

export class Proxy {
  connections = 0;
  #pairs = new Set();

  static async start(t, port) {
    const proxy = new Proxy();
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
      upstream.pipe(client);
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
