/** The transport port. Frames in, frames out; what they mean is the codec's business, who sent them the signatures'. */

/** Where a frame list came from. Routing hints only (§2.3); never an identity. */
export type Channel =
  /** Sent to this replica by a peer's DEALER. */
  | "peer"
  /** Published by a peer. */
  | "published"
  /** Sent by a client's DEALER; `route` says how to answer. */
  | "client";

export interface Received {
  readonly channel: Channel;
  /**
   * Tells connections of a channel apart, so that one can be muted without the others; says nothing about who signed.
   * For peers and clients hexadecimal digits made up when the connection began: none can be chosen or taken over, and
   * who reconnects has another. For published frames the roster id whose address was connected to.
   */
  readonly route: string;
  readonly frames: readonly Uint8Array[];
}

/** Counters of one transport; all only grow. */
export interface TransportCounters {
  received: number;
  sent: number;
  /** Not sent because the peer's or client's queue was full. */
  dropped: number;
  /** Received frame lists refused before decoding: too many frames, too many bytes. */
  refused: number;
}

/** One replica's end of the network. */
export interface ReplicaTransport {
  /**
   * Waits until something arrived, `timeoutMs` passed or `wake` was called, and returns what is there, at most `limit`
   * of each channel in turn, so that no channel starves another. Empty on timeout.
   */
  receive(timeoutMs: number, limit: number): Promise<Received[]>;
  /** Makes a pending `receive` return. */
  wake(): void;
  /** Queues frames for one peer by roster id; drops and counts when its queue is full. */
  sendToPeer(peer: string, frames: readonly Uint8Array[]): void;
  /** Publishes frames to all peers. */
  publish(frames: readonly Uint8Array[]): void;
  /** Answers the client at `route`; drops and counts when that connection is gone or does not read. */
  sendToClient(route: string, frames: readonly Uint8Array[]): void;
  readonly counters: Readonly<TransportCounters>;
  close(): Promise<void>;
}

/** One client's end: a DEALER to every replica. */
export interface ClientTransport {
  /** As for replicas; `replica` is the roster id of the socket it came over. */
  receive(
    timeoutMs: number,
    limit: number,
  ): Promise<{ readonly replica: string; readonly frames: readonly Uint8Array[] }[]>;
  wake(): void;
  send(replica: string, frames: readonly Uint8Array[]): void;
  readonly counters: Readonly<TransportCounters>;
  close(): Promise<void>;
}
