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
   * a reconnecting sender gets another. For published frames it is the name of the peer whose address was connected to.
   */
  readonly route: string;
  /**
   * Name of who proved by a CURVE key to be at the other end; left out where nobody is authenticated. What a connection costs is charged to
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

/** Another replica, as one talks to it. Names are nothing but names here: one of an earlier epoch may be called `r1@3`. */
export interface TransportPeer {
  readonly id: string;
  /** An address, or a name that is looked up. */
  readonly host: string;
  readonly peerPort: number;
  readonly publishPort: number;
  /** Its CURVE key: nobody else is talked to at that address. Not looked at where all is in clear. */
  readonly curveKey: Uint8Array;
}

/** A replica, as a client talks to it. */
export interface TransportReplica {
  readonly id: string;
  /** An address, or a name that is looked up. */
  readonly host: string;
  readonly clientPort: number;
  /** Its CURVE key: nobody else is talked to at that address. Not looked at where all is in clear. */
  readonly curveKey: Uint8Array;
}

/** Whom a replica talks to, and whom it lets in. */
export interface TransportMembers {
  /** Replicas to connect to, at both ports. */
  readonly peers: readonly TransportPeer[];
  /** CURVE keys that may come to the peer port and the publish port, by the names of their owners. Not looked at where all is in clear. */
  readonly admittedPeers: ReadonlyMap<string, Uint8Array>;
  /** The same of the client port. */
  readonly admittedClients: ReadonlyMap<string, Uint8Array>;
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
  /**
   * Has other members from now on, in the place of all it had. All of it has happened on return, but for new connections, which take their time.
   *
   * - **Peers that stay.** One with the address, ports and key of a peer before keeps both connections and what is queued for it, also under another name: the messages
   *   it publishes come under the new one then. Where all is in clear, another name makes it another peer.
   * - **Peers that are new**, or have another address or key, are connected to at once, and what they publish is subscribed to.
   * - **Peers that are gone**, by address, ports or key. The connections to them end as `closed`. What is queued for them is lost, nothing more is heard of what they
   *   publish, and `sendToPeer` does not know their names any more.
   * - **Keys that are new** at a port are let in when they come next. Who was refused comes again by itself, 250 ms later, then after pauses that grow to 5 s, and at once
   *   when this replica has connected to it. One on libzmq comes again every 3 to 5 s.
   * - **Keys that are gone** from a port. Their connections there end as `not-admitted`, those included that have shown their key and wait to be let in. What they have sent and
   *   nobody has received is lost, so is what is queued for them, and their routes lead nowhere.
   * - **Everybody else** keeps connections and routes, and loses nothing. A key that has another name is the `owner` by that name in whatever is received from now on. A hold-off
   *   ends when its name gets another key or none, the wait after an offence when the key is gone.
   *
   * A transport that authenticates nobody, in clear or on libzmq, lets in whoever comes, before as after: packets of those that are gone still come, with no `owner`, and it is the
   * signatures' business that they count for nothing. It connects to new peers and no longer to those that are gone, like any other.
   *
   * The addresses that this replica listens at and its own key cannot change: a replica that moves or has another key is started again. Throws `TransportError` if an address is not
   * usable; `RangeError` if two peers have one name, or, where keys count, if a key is not of 32 bytes or this replica's own, or has two names, or a name has two keys, among peers and
   * those admitted beside them, or among clients. Nothing has changed then. Does nothing once it is closed.
   */
  reconfigure(members: TransportMembers): void;
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
  /**
   * Talks to these replicas from now on, and to no others. One with the same address, port and key as before keeps its connection and what is queued for it, also
   * under another name, by which its answers come from then on; where all is in clear another name makes it another one. Any other is connected to at once, and what is sent to it waits for the connection. The connections to all
   * others before end: what is queued for them is dropped, and nothing more is received of them.
   *
   * Throws `TransportError` if an address is not usable and `RangeError` if a name or key is given twice, a key is not of 32 bytes or this client's own; then nothing
   * has changed. Does nothing once it is closed.
   */
  reconfigure(replicas: readonly TransportReplica[]): void;
  readonly counters: Readonly<TransportCounters>;
  close(): Promise<void>;
}
