/** Keeps sockets connected to a host given by name, whose address may change or be unknown for a while. */
import { lookup } from "node:dns/promises";
import { errorCode, isIpv4, tcpAddress } from "../endpoint.ts";

/** How often a name is looked up again: a container that comes back may have another address. */
const REFRESH_MS = 5000;
/** How soon after a failure. */
const RETRY_MS = 1000;

/** Resolves a host name to an IPv4 address; rejects if it cannot. */
export type Lookup = (host: string) => Promise<string>;

/** A port of the host and the socket to connect to it. */
export interface Line {
  readonly socket: { connect(address: string): void; disconnect(address: string): void };
  readonly port: number;
}

/**
 * libzmq would look names up itself, on the one thread that serves all sockets: a name server that does not answer would
 * stop every connection for seconds. So names are looked up here, one request at a time, and sockets get addresses.
 */
export class HostKeeper {
  readonly #host: string;
  readonly #lines: readonly Line[];
  readonly #lookup: Lookup;
  #address: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Throws a `TransportError` if host or a port is not usable. */
  constructor(host: string, lines: readonly Line[], lookupHost: Lookup = systemLookup) {
    for (const line of lines) tcpAddress(host, line.port);
    this.#host = host;
    this.#lines = lines;
    this.#lookup = lookupHost;
  }

  /** Connects now if `host` is an address, else as soon as its name is known; resolves after the first attempt. */
  async start(): Promise<void> {
    if (isIpv4(this.#host)) this.#move(this.#host);
    else await this.#refresh();
  }

  /** Ends the look-ups. The connections end with their sockets. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    let pause = REFRESH_MS;
    try {
      const address = await this.#lookup(this.#host);
      if (!this.#closed) this.#move(address);
    } catch (error) {
      // Not allowed to look up names: libzmq, which asks nobody, does it then.
      if (isDenied(error)) return this.#move(this.#host);
      pause = RETRY_MS;
    }
    if (this.#closed) return;
    const timer = setTimeout(() => this.#refresh(), pause);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  #move(address: string): void {
    if (address === this.#address || this.#closed) return;
    for (const { socket, port } of this.#lines) {
      if (this.#address !== null) socket.disconnect(tcpAddress(this.#address, port));
      socket.connect(tcpAddress(address, port));
    }
    this.#address = address;
  }
}

async function systemLookup(host: string): Promise<string> {
  return (await lookup(host, { family: 4 })).address;
}

function isDenied(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || errorCode(error) === "EPERM";
}
