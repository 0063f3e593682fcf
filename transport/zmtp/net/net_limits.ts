/**
 * Bounds of a process towards strangers. One that has connected and proved nothing yet costs a read buffer of 1 KiB and 4 KiB of what is written to it, with
 * objects around them some 10 KiB: 512 of them 5 MiB. Whoever exceeds a bound takes the place of the oldest stranger, so that a crowd
 * of the slow and silent keeps nobody out who knows what to say.
 */
export const NET_LIMITS = {
  /** Connections of one address that are not established, and of all addresses, at one port. */
  strangersPerAddress: 128,
  strangers: 512,
  /** Established connections of one key at one port; a further one ends the oldest. */
  connectionsPerKey: 32,
  /** Established connections at one port, however authenticated; a further one is refused. */
  connections: 2048,
  /**
   * Connections accepted at one port in a second, and at once, and those that may wait for it in the kernel, where all addresses are in one queue: who comes
   * last waits 4 seconds, less than a dialer's patience. Whoever proves a key gives back what it took. One that is accepted and ends, full of garbage, costs some
   * 0.25 ms, and as much again for what the kernel threw away: at this rate 1 % of a core a port. Each port has its own, so that a crowd at the one for clients
   * keeps no peer from the one for peers.
   */
  acceptsPerSecond: 16,
  acceptBurst: 64,
  acceptBacklog: 64,
  /**
   * Handshakes of CURVE in a second, and at once; those that are only begun count like two. Each takes four operations of X25519, about 0.3 ms: at this
   * rate 2 % of one core. At once as many as the peers of the largest cluster need after a restart, two each.
   */
  handshakesPerSecond: 64,
  handshakeBurst: 128,
  /**
   * Connections that may be established for one key at one port in a second, and at once; more wait at the end of their handshakes. All processes that have the key
   * share it: at once as many as have a place, twice.
   */
  connectionsPerKeyPerSecond: 8,
  connectionBurstPerKey: 64,
  /**
   * Time for which whoever comes to a port with a key waits for the end of the handshake after a connection of its owner was ended for breaking rules, in
   * milliseconds: else that would cost it a handshake a time and nothing more. Who waits costs less than who is refused and comes again at once.
   */
  barredMs: 2000,
  /** The same of one who breaks rules again and again: each time twice as long, up to this, until nothing has come of it for the other. */
  longestBarMs: 60_000,
  forgivenMs: 60_000,
  /** Time for a connection to an address to come about, in milliseconds. */
  connectMs: 2000,
  /** Pauses between attempts to connect: the first, and the longest; each is twice the one before, give or take a quarter. */
  firstPauseMs: 50,
  longestPauseMs: 1000,
  /**
   * Pauses after the other side has refused this one's key: the first, and the longest, which go like those above. Nothing but a new roster changes that, but one may
   * be taking effect there; each try costs the other side a handshake. Sixty who wait come twelve times a second, less than one port accepts.
   */
  firstRefusedPauseMs: 250,
  refusedPauseMs: 5000,
  /** Time for telling somebody why he is refused. */
  farewellMs: 500,
  /** Interval at which connections are looked at. */
  tickMs: 1000,
} as const;

export type NetLimits = { readonly [Name in keyof typeof NET_LIMITS]: number };
