/** A stranger at a replica's address, without its key: it completes the handshake of every connection, sends some words and closes. */
import { introduction, readIntroduction, type SocketType, writeAll } from "./zmtp.ts";

interface Line {
  readonly host: string;
  readonly peerPort: number;
  readonly publishPort: number;
  readonly clientPort: number;
}

export class HostileReplica implements Disposable {
  /** Number of connections that were sent everything, by the port they came to. */
  readonly served = new Map<number, number>();
  readonly #listeners: Deno.Listener[] = [];
  readonly #connections = new Set<Deno.Conn>();
  #words: Uint8Array = new Uint8Array();

  /** Listens on the ports of `line` until disposed of. */
  constructor({ host, peerPort, publishPort, clientPort }: Line) {
    for (const [port, type] of [[peerPort, "ROUTER"], [publishPort, "PUB"], [clientPort, "ROUTER"]] as const) {
      const listener = Deno.listen({ hostname: host, port });
      this.#listeners.push(listener);
      this.served.set(port, 0);
      void this.#accept(listener, port, type);
    }
  }

  /** Sends `words` from now on, which end or break off there, and counts anew. */
  say(words: Uint8Array): void {
    this.#words = words;
    for (const port of this.served.keys()) this.served.set(port, 0);
  }

  [Symbol.dispose](): void {
    const open = [...this.#listeners, ...this.#connections];
    this.#connections.clear();
    for (const resource of open) resource.close();
  }

  async #accept(listener: Deno.Listener, port: number, type: SocketType): Promise<void> {
    for await (const connection of listener) {
      this.#connections.add(connection);
      void this.#serve(connection, type).then(
        () => this.served.set(port, this.served.get(port)! + 1),
        // The other side closed, or this side is being disposed of.
        () => {},
      ).finally(() => {
        if (this.#connections.delete(connection)) connection.close();
      });
    }
  }

  async #serve(connection: Deno.Conn, type: SocketType): Promise<void> {
    await writeAll(connection, introduction(type));
    await readIntroduction(connection);
    await writeAll(connection, this.#words);
  }
}
