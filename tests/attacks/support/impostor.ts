/** Somebody at a replica's address: whoever connects is treated as its behaviour of the moment says, and left. */
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { type Door, DOORS } from "./scene.ts";

export type Behaviour = (connection: Deno.TcpConn, door: Door) => Promise<void>;

export class Impostor implements Disposable {
  /** Number of connections that its present behaviour has dealt with, by port; some may have ended before it was through. */
  served: Record<Door, number> = { peer: 0, publish: 0, client: 0 };
  #behave: Behaviour;
  readonly #listeners: Deno.TcpListener[];
  readonly #open = new Set<Deno.Conn>();

  constructor({ host, peerPort, publishPort, clientPort }: Roster["replicas"][number], behave: Behaviour) {
    this.#behave = behave;
    const ports = { peer: peerPort, publish: publishPort, client: clientPort };
    this.#listeners = DOORS.map((door) => {
      const listener = Deno.listen({ hostname: host, port: ports[door] });
      void this.#accept(listener, door);
      return listener;
    });
  }

  /** Behaves otherwise from now on. */
  change(behave: Behaviour): void {
    this.#behave = behave;
    this.served = { peer: 0, publish: 0, client: 0 };
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  }

  async #accept(listener: Deno.TcpListener, door: Door): Promise<void> {
    try {
      for await (const connection of listener) {
        this.#open.add(connection);
        const { served } = this;
        void this.#behave(connection, door).catch(() => {}).finally(() => {
          served[door]++;
          if (this.#open.delete(connection)) connection.close();
        });
      }
    } catch {
      // Disposed of.
    }
  }
}
