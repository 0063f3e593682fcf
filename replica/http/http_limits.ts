/** Bounds on what strangers can make the probes of a replica do (`docs/limits.md`). Times in milliseconds, rates per second. */
export const HTTP_LIMITS = {
  /** Connections open at a time, and of these from one address; more are closed at once. */
  connections: 32,
  connectionsPerAddress: 16,
  /** Connections accepted: sustained rate, and how many at once; more wait in the kernel. */
  acceptsPerSecond: 50,
  acceptBurst: 100,
  /** Connections that wait in the kernel. */
  acceptBacklog: 64,
  /** Bytes of the head of a request. */
  headBytes: 8192,
  /** Pieces in which it may come. */
  headReads: 64,
  /** Time from accepting a connection until it is closed, answered or not. */
  deadlineMs: 5000,
} as const;
