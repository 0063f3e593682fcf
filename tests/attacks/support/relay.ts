/** A relay of TCP connections that remembers what went over it. */
import { writeAll } from "../../e2e/support/zmtp.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

export class Relay implements Disposable {
  /** All bytes of each connection and direction, in order of their beginning. */
  readonly streams: number[][] = [];
  readonly #listener: Deno.TcpListener;
  readonly #to: Address;
  readonly #open = new Set<Deno.Conn>();

  /** Listens at `at` (port 0 for any) and connects on to `to`. */
  constructor(at: Address, to: Address) {
    this.#listener = Deno.listen({ hostname: at.host, port: at.port });
    this.#to = to;
    void this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) closeQuietly(connection);
  }

  async #accept(): Promise<void> {
    try {
      for await (const inside of this.#listener) void this.#join(inside);
    } catch {
      // Disposed of.
    }
  }

  async #join(inside: Deno.TcpConn): Promise<void> {
    this.#open.add(inside);
    let outside: Deno.TcpConn | null = null;
    try {
      outside = await Deno.connect({ hostname: this.#to.host, port: this.#to.port });
      this.#open.add(outside);
      inside.setNoDelay(true);
      outside.setNoDelay(true);
      await Promise.race([this.#copy(inside, outside), this.#copy(outside, inside)]);
    } catch {
      // One side is gone; so is the other in a moment.
    }
    for (const end of [inside, outside]) {
      if (end === null) continue;
      this.#open.delete(end);
      closeQuietly(end);
    }
  }

  async #copy(from: Deno.Conn, into: Deno.Conn): Promise<void> {
    const stream: number[] = [];
    this.streams.push(stream);
    const buffer = new Uint8Array(64 * 1024);
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      for (let place = 0; place < count; place++) stream.push(buffer[place]!);
      await writeAll(into, buffer.subarray(0, count));
    }
  }
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
