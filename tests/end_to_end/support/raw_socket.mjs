// A TCP connection that says exactly the bytes it is told, however wrong they are.

import net from 'node:net';
import { within } from './wait.mjs';

export class RawSocket {
  received = Buffer.alloc(0);
  closed = false;

  static async connect(port, host = '127.0.0.1') {
    const socket = net.connect({ port, host, noDelay: true });
    const raw = new RawSocket(socket);
    await within(
      10_000,
      'a connection',
      new Promise((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      }),
    );
    return raw;
  }

  constructor(socket) {
    this.socket = socket;
    this.closing = new Promise((resolve) => {
      socket.once('close', () => {
        this.closed = true;
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (bytes) => (this.received = Buffer.concat([this.received, bytes])));
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  // {status, headers, text} of the first whole response; null when the peer closed without one.
  async response(ms = 15_000) {
    const whole = () => {
      const text = this.received.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return null;
      const [first, ...lines] = text.slice(0, head).split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const body = text.slice(head + 4);
      if (headers['content-length'] !== undefined && body.length < Number(headers['content-length'])) return null;
      if (headers['transfer-encoding'] === 'chunked' && !body.endsWith('0\r\n\r\n')) return null;
      return { status: Number(first.split(' ')[1]), headers, text: body };
    };
    return within(
      ms,
      'a response or a close',
      new Promise((resolve) => {
        const look = () => {
          const response = whole();
          if (response) resolve(response);
        };
        this.socket.on('data', look);
        this.closing.then(() => resolve(whole()));
        look();
      }),
    );
  }

  close() {
    this.socket.destroy();
  }
}
