/**
 * The HTTP server of a replica's probes. It runs beside the protocol in the same process, so it is no general one: a request has a short head and no body, a
 * connection has one request and ends, and how many connections there are and how fast they are accepted is bounded. Nothing that it does throws.
 */
import { TokenBuckets } from "../limits/token_bucket.ts";
import { type Answer, encodeAnswer, problem } from "./answer.ts";
import { HTTP_LIMITS } from "./http_limits.ts";
import { endsHead, parseHead, type RequestHead } from "./request_head.ts";

/** Answers one request. */
export type Answering = (request: RequestHead) => Answer | Promise<Answer>;

/** The counts of a server. */
export interface ProbeCounts {
  /** Connections that were closed at once, since there were too many. */
  refused: number;
  open: number;
}

/** Pause while no more may be accepted, or accepting has failed, in milliseconds. */
const PAUSE_MS = 20;
/** The one budget's name. */
const ALL = "";

export class ProbeServer {
  readonly counts: ProbeCounts = { refused: 0, open: 0 };
  readonly #listener: Deno.TcpListener;
  readonly #answer: Answering;
  readonly #open = new Map<Deno.TcpConn, string>();
  readonly #accepts = new TokenBuckets(HTTP_LIMITS.acceptsPerSecond, HTTP_LIMITS.acceptBurst);
  #closed = false;

  /** Listens at once. Throws what `Deno.listen` throws if it cannot. */
  constructor(address: { readonly hostname: string; readonly port: number }, answer: Answering) {
    this.#listener = Deno.listen({ ...address, tcpBacklog: HTTP_LIMITS.acceptBacklog });
    this.#answer = answer;
    void this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Listens no more, and ends all connections. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const connection of [...this.#open.keys()]) this.#end(connection);
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      const mayAccept = this.#accepts.spend(ALL, performance.now());
      const connection = mayAccept ? await this.#listener.accept().catch(() => null) : null;
      if (connection !== null) this.#begin(connection);
      else if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  #begin(connection: Deno.TcpConn): void {
    const from = connection.remoteAddr.hostname;
    const alike = [...this.#open.values()].filter((address) => address === from).length;
    if (this.#open.size >= HTTP_LIMITS.connections || alike >= HTTP_LIMITS.connectionsPerAddress) {
      this.counts.refused++;
      return close(connection);
    }
    this.#open.set(connection, from);
    this.counts.open = this.#open.size;
    const timer = setTimeout(() => this.#end(connection), HTTP_LIMITS.deadlineMs);
    void this.#serve(connection).catch(() => {}).finally(() => {
      clearTimeout(timer);
      this.#end(connection);
    });
  }

  #end(connection: Deno.TcpConn): void {
    this.#open.delete(connection);
    this.counts.open = this.#open.size;
    close(connection);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const head = await readHead(connection);
    if (head === null) return;
    const [answer, method] = "status" in head ? [head, "GET"] : [await this.#answerOf(head), head.method];
    const bytes = encodeAnswer(answer, method);
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    await connection.closeWrite();
  }

  async #answerOf(head: RequestHead): Promise<Answer> {
    try {
      return await this.#answer(head);
    } catch (error) {
      return problem("failed", error instanceof Error ? error.message : String(error));
    }
  }
}

/** Returns what is asked for, a problem if it cannot be told, or null if the connection ended before. */
async function readHead(connection: Deno.TcpConn): Promise<RequestHead | Answer | null> {
  const { headBytes, headReads } = HTTP_LIMITS;
  const buffer = new Uint8Array(headBytes);
  let length = 0;
  for (let reads = 0; reads < headReads && length < headBytes; reads++) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) return null;
    const before = length;
    length += read;
    const bytes = buffer.subarray(0, length);
    if (endsHead(bytes, before)) {
      return parseHead(bytes) ?? problem("bad-request", "given no request of HTTP/1.1, wanted one");
    }
  }
  return problem("too-large", `given more than ${headBytes} bytes, or than ${headReads} pieces, wanted a shorter head`);
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
