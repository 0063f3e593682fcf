/** Listeners, dialers and strangers on loopback. */
import { eventually } from "../../../tasks/support/eventually.ts";
import type { ConnectionOptions } from "../../../transport/zmtp/connection/connection_options.ts";
import type { End, Listener } from "../../../transport/zmtp/net/listener.ts";
import { Network, type NetworkOptions } from "../../../transport/zmtp/net/network.ts";
import { DealerSocket } from "../../../transport/zmtp/socket/dealer_socket.ts";
import type { LinkOwner } from "../../../transport/zmtp/socket/link.ts";
import { RouterSocket } from "../../../transport/zmtp/socket/router_socket.ts";
import * as lab from "./connection_lab.ts";

export const HOST = "127.0.0.1";

/** A network end that remembers how connections ended, and is closed at the end of a test. */
export class NetLab implements AsyncDisposable {
  readonly ends: End[] = [];
  readonly network: Network;
  readonly #strangers: Deno.TcpConn[] = [];

  /** As many connections are accepted as come, unless `options` say otherwise. */
  constructor({ limits, onEnd, ...options }: NetworkOptions = {}) {
    const accepting = { acceptsPerSecond: 10_000, acceptBurst: 10_000, ...limits };
    this.network = new Network({
      ...options,
      limits: accepting,
      onEnd: (end) => {
        this.ends.push(end);
        onEnd?.(end);
      },
    });
  }

  /** Listens at a free port. */
  listen(
    owner: LinkOwner,
    name: lab.MechanismName = "NULL",
    more: Partial<ConnectionOptions> = {},
    host = HOST,
  ): Listener {
    return this.network.listen(host, 0, lab.optionsOf(name, false, more), owner);
  }

  /** Keeps a new DEALER connected. */
  dial(
    port: number,
    name: lab.MechanismName = "NULL",
    more: Partial<ConnectionOptions> = {},
    host = HOST,
  ): DealerSocket {
    const dealer = new DealerSocket({ messages: 16, bytes: 1024 }, () => {});
    void this.network.dial({ host, port }, lab.optionsOf(name, true, more), dealer);
    return dealer;
  }

  /** Connects without a word. */
  async stranger(port: number, words: Uint8Array = new Uint8Array(0)): Promise<Deno.TcpConn> {
    const tcp = await Deno.connect({ hostname: HOST, port });
    this.#strangers.push(tcp);
    for (let at = 0; at < words.length;) at += await tcp.write(words.subarray(at));
    return tcp;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.close();
    for (const tcp of this.#strangers) {
      try {
        tcp.close();
      } catch {
        // Closed by the test.
      }
    }
  }
}

/** Reads all that the other side says until it ends the connection. */
export async function readAll(tcp: Deno.TcpConn): Promise<Uint8Array> {
  const [said, buffer]: [number[], Uint8Array] = [[], new Uint8Array(4096)];
  try {
    for (let count = await tcp.read(buffer); count !== null; count = await tcp.read(buffer)) {
      said.push(...buffer.subarray(0, count));
    }
  } catch {
    // Reset.
  }
  return new Uint8Array(said);
}

/** Waits until a message comes from `dealer` to `router`, sending again and again. */
export async function untilHeard(router: RouterSocket, dealer: DealerSocket, text = "hello"): Promise<string> {
  return await eventually(`${text} to be heard`, () => {
    dealer.send([lab.utf8(text)]);
    for (let message = router.take(); message !== null; message = router.take()) {
      if (lab.texts([message.frames])[0]![0] === text) return message.route;
    }
    return null;
  });
}

/** Opens a ROUTER that nobody is told about. */
export const quietRouter = (): RouterSocket => new RouterSocket(() => {});
