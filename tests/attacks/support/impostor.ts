/** Somebody at a replica's address: whoever connects is treated as `behave` says, and left. */
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { type Door, DOORS } from "./scene.ts";

export type Behaviour = (connection: Deno.TcpConn, door: Door) => Promise<void>;

export class Impostor implements Disposable {
  /** Number of connections that were treated to the end, by port. */
  readonly served: Record<Door, number> = { peer: 0, publish: 0, client: 0 };
  readonly #listeners: Deno.TcpListener[];
  readonly #open = new Set<Deno.Conn>();

  constructor({ host, peerPort, publishPort, clientPort }: Roster["replicas"][number], behave: Behaviour) {
    const ports = { peer: peerPort, publish: publishPort, client: clientPort };
    this.#listeners = DOORS.map((door) => {
      const listener = Deno.listen({ hostname: host, port: ports[door] });
      void this.#accept(listener, door, behave);
      return listener;
    });
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  }

  async #accept(listener: Deno.TcpListener, door: Door, behave: Behaviour): Promise<void> {
    try {
      for await (const connection of listener) {
        this.#open.add(connection);
        void behave(connection, door).then(() => this.served[door]++, () => {}).finally(() => {
          if (this.#open.delete(connection)) connection.close();
        });
      }
    } catch {
      // Disposed of.
    }
  }
}
