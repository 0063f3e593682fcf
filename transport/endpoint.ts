/** Formats, checks and binds addresses. */
import { ANY_HOST, bindHostFault, hostAndPort, hostKind, peerHostFault } from "../protocol/host.ts";

/** Thrown when a transport cannot be set up. The message names the address and the reason. */
export class TransportError extends Error {
  override readonly name = "TransportError";
}

/** Time for which binding to a busy port is retried: a socket just closed in this process releases its port a little later. */
const BIND_PATIENCE_MS = 1000;
const BIND_RETRY_MS = 10;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use; stop the process that holds it or choose another port",
  EADDRNOTAVAIL: "the address belongs to no interface of this machine",
  EACCES: "this user may not use that port",
  ENODEV: "no such interface; want an address of this machine or * for all interfaces",
};

interface Bindable {
  /** Set before an IPv6 address is bound: libzmq takes none otherwise. */
  ipv6: boolean;
  bind(address: string): Promise<void>;
}

/** Returns `tcp://host:port`. Throws a {@linkcode TransportError} if either is not usable. */
export function tcpAddress(host: string, port: number): string {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new TransportError(
      `Port ${port} of host ${JSON.stringify(host)} is not usable, want an integer from 1 to 65535`,
    );
  }
  if (host !== ANY_HOST && hostKind(host) === null) refuseHost(host, peerHostFault(host)!);
  return `tcp://${hostAndPort(host, port)}`;
}

/** Throws a {@linkcode TransportError} unless `host` can be that of another machine. */
export function requirePeerHost(host: string): void {
  const wanted = peerHostFault(host);
  if (wanted !== null) refuseHost(host, wanted);
}

function refuseHost(host: string, wanted: string): never {
  throw new TransportError(`Host ${JSON.stringify(host)} is not usable, want ${wanted}`);
}

/** Binds `socket`; `purpose` says in errors what it was for. Throws a {@linkcode TransportError}. */
export async function bindSocket(socket: Bindable, host: string, port: number, purpose: string): Promise<void> {
  const wanted = bindHostFault(host);
  if (wanted !== null) refuseHost(host, wanted);
  const address = tcpAddress(host, port);
  if (hostKind(host) === "ipv6") socket.ipv6 = true;
  const deadline = performance.now() + BIND_PATIENCE_MS;
  for (;;) {
    try {
      return await socket.bind(address);
    } catch (error) {
      const code = errorCode(error);
      if (code !== "EADDRINUSE" || performance.now() >= deadline) {
        const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
        throw new TransportError(`Cannot bind ${address} for ${purpose} (${code}): ${reason}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, BIND_RETRY_MS));
  }
}

/** Returns the code of a system error, such as `EAGAIN`; `unknown` if it has none. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "unknown";
}
