import type { Line } from "../lines.ts";
import type { TransportPeer } from "../port.ts";
import type { Mechanism } from "./connection/connection_options.ts";
import type { Dialer } from "./net/dialer.ts";
import type { Network } from "./net/network.ts";
import type { ZmtpQueues } from "./queues.ts";
import { HEARTBEAT, limitsOf } from "./settings.ts";
import type { DealerSocket } from "./socket/dealer_socket.ts";
import type { Publisher, SubSocket } from "./socket/sub_socket.ts";

/** Parts of the transport that a line belongs to. */
interface Surroundings {
  readonly network: Network;
  readonly mechanism: Mechanism;
  readonly queues: ZmtpQueues;
  readonly dealer: DealerSocket;
  readonly published: SubSocket;
}

/** Both connections that a replica keeps to a peer: to send to it, and to hear what it publishes. */
export class PeerLine implements Line {
  readonly dealer: DealerSocket;
  readonly #network: Network;
  readonly #publisher: Publisher;
  readonly #dialers: readonly Dialer[];

  /** Begins to connect. */
  constructor(peer: TransportPeer, { network, mechanism, queues, dealer, published }: Surroundings) {
    this.dealer = dealer;
    this.#network = network;
    this.#publisher = published.publisher(peer.id);
    const common = { connects: true, mechanism, heartbeat: HEARTBEAT };
    const sending = limitsOf("none", queues.peerMessages, queues.peerBytes);
    const hearing = limitsOf("published", 1, 1);
    const to = (port: number) => ({ host: peer.host, port });
    this.#dialers = [
      network.dial(to(peer.peerPort), { ...common, socketType: "DEALER", limits: sending }, dealer),
      network.dial(to(peer.publishPort), { ...common, socketType: "SUB", limits: hearing }, this.#publisher),
    ];
  }

  /** Tries again soon where the peer has refused: it seems to know this one now. */
  retryIfRefused(): void {
    for (const dialer of this.#dialers) dialer.retryIfRefused();
  }

  rename(id: string): void {
    this.#publisher.rename(id);
    for (const dialer of this.#dialers) dialer.rename(id);
  }

  close(): void {
    for (const dialer of this.#dialers) void this.#network.hangUp(dialer);
    this.#publisher.close();
    this.dealer.close();
  }
}
