import { ANY_HOST } from "../../protocol/host.ts";
import { bindSocket } from "../endpoint.ts";

const ANY_IPV4 = "0.0.0.0";

/** Listens by `listen`, with the transport's patience and errors: `purpose` says in them what for. Throws a `TransportError`. */
export async function bindPort(
  host: string,
  port: number,
  purpose: string,
  listen: (hostname: string) => void,
): Promise<void> {
  const bind = () => Promise.try(() => listen(host === ANY_HOST ? ANY_IPV4 : host));
  await bindSocket({ ipv6: false, bind }, host, port, purpose);
}
