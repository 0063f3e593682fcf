import type { Dealer, Subscriber } from "zeromq";
import type { Line } from "../lines.ts";
import type { HostConnector } from "./host_connector.ts";
import type { SocketWaiter } from "./zmq_poll.ts";

/** The sockets that are connected to one other replica. A change of the key or the address takes new ones. */
export class ZmqLine implements Line {
  readonly dealer: Dealer;
  /** Null at a client. */
  readonly subscriber: Subscriber | null;
  /** Resolves after the first attempt to connect. */
  readonly started: Promise<void>;
  readonly #connector: HostConnector;
  readonly #waiter: SocketWaiter;

  /** Begins to connect. */
  constructor(
    ...[dealer, subscriber, connector, waiter]: [Dealer, Subscriber | null, HostConnector, SocketWaiter]
  ) {
    this.dealer = dealer;
    this.subscriber = subscriber;
    this.#connector = connector;
    this.#waiter = waiter;
    waiter.add(this.#sockets);
    this.started = connector.start();
  }

  /** Nothing to do: nobody here asks for its name. */
  rename(): void {}

  close(): void {
    this.stop();
    this.#waiter.remove(this.#sockets);
    this.closeSockets();
  }

  /** Ends attempts to connect. */
  stop(): void {
    this.#connector.close();
  }

  /** Once nobody waits for them any more. */
  closeSockets(): void {
    for (const socket of this.#sockets) socket.close();
  }

  get #sockets() {
    return this.subscriber === null ? [this.dealer] : [this.dealer, this.subscriber];
  }
}
