/** The transport port. Frames in, frames out; their meaning is the codec's business, their origin the signatures'. */

/** Origin of a frame list. A routing hint only (§2.3); never an identity. */
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
   * Tells connections of a channel apart, so that one can be muted without the others; says nothing about the signer.
   * For peers and clients it is hexadecimal digits made up when the connection began: a route can be neither chosen nor taken over, and
   * a reconnecting sender gets another. For published frames it is the roster id whose address was connected to.
   */
  readonly route: string;
  /**
   * Roster id of who proved by a CURVE key to be at the other end; left out where nobody is authenticated. What a connection costs is charged to
   * its owner. Says nothing of the signer either: a client may hand in what another has signed.
   */
  readonly owner?: string;
  readonly frames: readonly Uint8Array[];
}

/** Counters of one transport; all only increase. */
export interface TransportCounters {
  received: number;
  sent: number;
  /** Frame lists not sent because the peer's or client's queue was full. */
  dropped: number;
  /** Received frame lists refused before decoding: too many frames, too many bytes. */
  refused: number;
  /** Connections that have ended, by cause; left out by transports that do not know. */
  ended?: Readonly<Record<string, number>>;
}

/** The end of a connection, for a log. */
export interface ConnectionEnd {
  /** `in` if the other side began it, `out` if this one did. */
  readonly direction: "in" | "out";
  readonly address: string;
  /** Roster id of the other side, if it got as far as proving it. */
  readonly peer: string | null;
  /** A code for counters, and what was seen and wanted. */
  readonly cause: { readonly code: string; readonly detail: string };
}

/** One replica's end of the network. */
export interface ReplicaTransport {
  /**
   * Waits until something has arrived, `timeoutMs` milliseconds have passed or `wake` was called, and returns what is there, at most
   * `limit` from each channel in turn, so that no channel starves another. Empty on timeout.
   */
  receive(timeoutMs: number, limit: number): Promise<Received[]>;
  /** Makes a pending `receive` return. */
  wake(): void;
  /**
   * Queues frames for one peer by roster id; drops and counts them if its queue is full. Throws `RangeError` if it is no peer, or on 0
   * frames.
   */
  sendToPeer(peer: string, frames: readonly Uint8Array[]): void;
  /** Has what is queued for peers leave now, as far as it can, and not at the end of this turn: the caller is about to be busy. */
  flushPeers(): void;
  /** Publishes frames to all peers. Throws `RangeError` on 0 frames. */
  publish(frames: readonly Uint8Array[]): void;
  /**
   * Answers the client at `route`; drops and counts the frames if that connection is gone or does not read. Throws `RangeError` on 0
   * frames.
   */
  sendToClient(route: string, frames: readonly Uint8Array[]): void;
  /**
   * Takes nothing more from where `source` came from for `forMs` milliseconds: from all connections of its owner on that channel, those still to come
   * included; from that connection alone where nobody is authenticated; of what is published, from the publisher `route`. What it sends stays in its
   * TCP connection, neither read nor decrypted, and is taken when the time is over. The hold-off that ends last counts. Sending goes on as usual.
   *
   * A transport that cannot do so takes everything all the same. What has been read already may still come.
   */
  holdOff(source: Pick<Received, "channel" | "route" | "owner">, forMs: number): void;
  /**
   * Ends the connection that `source` came over, for an `offence` of its owner, who has to wait for another at that port; those that it has stay.
   * Returns false if there is none to end: it is gone, this replica's own, as that to a publisher is, or the transport cannot. What has been read already may
   * still come.
   */
  expel(source: Pick<Received, "channel" | "route">, offence: string): boolean;
  readonly counters: Readonly<TransportCounters>;
  close(): Promise<void>;
}

/** One client's end: a DEALER to every replica. */
export interface ClientTransport {
  /** Receives as a replica does; `replica` is the roster id of the socket the frames came over. */
  receive(
    timeoutMs: number,
    limit: number,
  ): Promise<{ readonly replica: string; readonly frames: readonly Uint8Array[] }[]>;
  wake(): void;
  /**
   * Queues frames for one replica by roster id; drops and counts them if its queue is full. Throws `RangeError` on another id or 0 frames.
   */
  send(replica: string, frames: readonly Uint8Array[]): void;
  readonly counters: Readonly<TransportCounters>;
  close(): Promise<void>;
}
