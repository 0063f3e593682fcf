/** Errors as HTTP tells them: problem documents (RFC 9457), each with a stable type. */
import {
  BusyError,
  ClosedError,
  NoQuorumError,
  NotListedError,
  RefusedError,
  RevisionGoneError,
  UndecidedError,
  UsageError,
} from "../errors.ts";

/** Types of problems, and the status and title of each. A type never changes its meaning. */
export const PROBLEMS = {
  "bad-request": [400, "The request is malformed"],
  unauthorized: [401, "A valid bearer token is needed"],
  forbidden: [403, "This is not allowed"],
  "not-found": [404, "There is nothing at this address"],
  "key-not-found": [404, "The key is absent"],
  "lease-not-found": [404, "There is no such lease of the gateway's key"],
  "method-not-allowed": [405, "This method is not for this address"],
  "lease-limit": [409, "There are as many leases, or keys in the lease, as there may be"],
  "revision-gone": [410, "The changes from this revision on are no longer kept"],
  "other-history": [410, "The revision is from another history"],
  "precondition-failed": [412, "The key is at another revision"],
  "too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body is of another type"],
  "result-too-large": [422, "What the transaction reads could be longer than a result may be"],
  "too-many-requests": [429, "Too much is asked at once"],
  "undecided": [500, "What became of the request can no longer be told"],
  "not-possible": [502, "The cluster's answer is none of the key-value store"],
  "not-available": [503, "The gateway cannot reach the cluster as it is"],
  "no-quorum": [504, "Too few replicas answered in time"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;
export type ProblemType = keyof typeof PROBLEMS;

/** Thrown to answer a request with a problem document; `more` are members of its own. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly type: ProblemType;
  readonly more: Readonly<Record<string, number | string | boolean>>;

  constructor(type: ProblemType, detail: string, more: Problem["more"] = {}) {
    super(detail);
    this.type = type;
    this.more = more;
  }

  get status(): number {
    return PROBLEMS[this.type][0];
  }
}

/** Time after which whoever was refused for want of room may ask again, in seconds. */
const RETRY_AFTER_S = 1;
const BASE = "urn:bft-raft:problem:";

/** Returns the problem that an error of the library is. */
export function problemOf(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Problem) return error;
  if (error instanceof UsageError) return new Problem("bad-request", message);
  if (error instanceof BusyError) return new Problem("too-many-requests", message, { undecided: error.undecided });
  if (error instanceof NoQuorumError) return new Problem("no-quorum", message, { ...error.progress });
  if (error instanceof UndecidedError) return new Problem("undecided", message);
  if (error instanceof RevisionGoneError) {
    return error.oldest === null
      ? new Problem("other-history", message, { wanted: error.wanted })
      : new Problem("revision-gone", message, { wanted: error.wanted, oldest: error.oldest });
  }
  if (error instanceof RefusedError) return refused(error);
  if (error instanceof NotListedError || error instanceof ClosedError) return new Problem("not-available", message);
  return new Problem("not-possible", message);
}

function refused(error: RefusedError): Problem {
  switch (error.code) {
    case "queue-full":
    case "ahead":
      return new Problem("too-many-requests", error.message);
    case "denied":
      return new Problem("forbidden", error.message);
    case "too-large":
      return new Problem("result-too-large", error.message);
    case "no-lease":
      return new Problem("lease-not-found", error.message);
    case "lease-limit":
      return new Problem("lease-limit", error.message);
    default:
      return new Problem("not-possible", error.message, { code: error.code });
  }
}

/** Returns the answer that a problem is. */
export function problemResponse(problem: Problem): Response {
  const [status, title] = PROBLEMS[problem.type];
  const body = { type: `${BASE}${problem.type}`, title, status, detail: problem.message, ...problem.more };
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (status === 429 || status === 503) headers.set("retry-after", `${RETRY_AFTER_S}`);
  if (status === 401) headers.set("www-authenticate", `Bearer realm="bft-raft"`);
  return new Response(JSON.stringify(body), { status, headers });
}
