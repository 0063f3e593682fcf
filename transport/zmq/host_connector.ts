/** Keeps sockets connected to a host given by name, whose address may change or be unknown for a while. */
import { lookup } from "node:dns/promises";
import { hostKind } from "../../protocol/host.ts";
import { errorCode, requirePeerHost, tcpAddress } from "../endpoint.ts";

/** Interval at which a name is looked up again: a container that comes back may have another address. */
const REFRESH_MS = 5000;
/** Interval after a failure. */
const RETRY_MS = 1000;
/** Interval at which lines are checked. */
const LOOK_MS = 1000;

/** Resolves a host name to an address, an IPv4 one if it has any; rejects if it cannot. */
export type Lookup = (host: string) => Promise<string>;

/** A port of the host and the socket to connect to it. */
export interface Line {
  readonly socket: {
    /** Set before it connects to an IPv6 address: libzmq takes none otherwise. */
    ipv6: boolean;
    connect(address: string): void;
    disconnect(address: string): void;
  };
  readonly port: number;
  /** Returns whether there is no sign at this moment that the line is up. */
  readonly isQuiet: () => boolean;
  /** Checks in a row that may find it quiet before it is connected anew. */
  readonly patience: number;
}

/**
 * libzmq would look names up itself, on the one thread that serves all sockets: a name server that does not answer would
 * stop every connection for seconds. So names are looked up here, one request at a time, and sockets get addresses.
 *
 * libzmq also gives up an address for good once whoever answers there breaks the protocol, with a frame that is too large, say. Nothing tells that
 * from a peer that is silent, so a line that stays quiet is connected anew, and an honest peer that comes back to its address is heard.
 */
export class HostConnector {
  readonly #host: string;
  readonly #lines: readonly Line[];
  readonly #lookup: Lookup;
  #address: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  /** Looks that found a line quiet, without one between that did not. */
  readonly #quietFor = new Map<Line, number>();
  #closed = false;

  /** Throws a `TransportError` if host or a port is not usable. */
  constructor(host: string, lines: readonly Line[], lookupHost: Lookup = systemLookup) {
    requirePeerHost(host);
    for (const line of lines) tcpAddress(host, line.port);
    this.#host = host;
    this.#lines = lines;
    this.#lookup = lookupHost;
  }

  /** Connects now if `host` is an address, else as soon as its name is known; resolves after the first attempt. */
  async start(): Promise<void> {
    this.#look = setInterval(() => this.#renewQuiet(), LOOK_MS);
    Deno.unrefTimer(this.#look);
    if (hostKind(this.#host) !== "name") this.#move(this.#host);
    else await this.#refresh();
  }

  /** Ends looks and look-ups. The connections end with their sockets. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#look);
  }

  #renewQuiet(): void {
    const address = this.#address;
    if (address === null) return;
    const quiet = this.#lines.filter((line) => line.isQuiet());
    // A line that comes back says that its host does.
    const isBack = this.#lines.some((line) => this.#quietFor.has(line) && !quiet.includes(line));
    for (const line of this.#lines) if (!quiet.includes(line)) this.#quietFor.delete(line);
    for (const line of quiet) {
      const looks = (this.#quietFor.get(line) ?? 0) + 1;
      const isDue = isBack || looks >= line.patience;
      this.#quietFor.set(line, isDue ? 0 : looks);
      if (isDue) move(line, address, address);
    }
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
    for (const line of this.#lines) move(line, this.#address, address);
    this.#address = address;
  }
}

/** Connects a line to `to` and no longer to `from`. */
function move({ socket, port }: Line, from: string | null, to: string): void {
  if (from !== null) socket.disconnect(tcpAddress(from, port));
  // Not unset for a name that moves back: the option serves both kinds, and ZeroMQ warns of each change behind the first connection.
  if (hostKind(to) === "ipv6" && !socket.ipv6) socket.ipv6 = true;
  socket.connect(tcpAddress(to, port));
}

async function systemLookup(host: string): Promise<string> {
  const found = await lookup(host, { all: true });
  // A replica whose host is a name listens at its IPv4 addresses unless it is told otherwise.
  const { address } = found.find(({ family }) => family === 4) ?? found[0]!;
  return address;
}

function isDenied(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || errorCode(error) === "EPERM";
}
