/** Heads of HTTP requests, as far as probes need them: a method, a path and the name asked for. Bodies are not read. */

/** A request as it was asked for. */
export interface RequestHead {
  readonly method: string;
  /** Path without its query. */
  readonly path: string;
  /** Name or address that was asked for, without its port; null where none was named. */
  readonly host: string | null;
}

const REQUEST_LINE = /^([A-Z]{1,16}) ([!-~]{1,2048}) HTTP\/1\.[01]$/;
/** Its value without a port; an IPv6 address without its brackets. */
const HOST_LINE = /^host:[ \t]*(?:\[([^\]]*)\]|([^:]*?))(?::\d*)?[ \t]*$/i;
const [LF, CR] = [10, 13];

/** Returns whether a head ends in `bytes`, of which those below `from` have been looked at before. */
export function endsHead(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(LF, from); at > 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] === LF || (bytes[at - 1] === CR && bytes[at - 2] === LF)) return true;
  }
  return false;
}

/** Returns what the head asks for that `bytes` begins with, or null if it is none of HTTP/1. */
export function parseHead(bytes: Uint8Array): RequestHead | null {
  const [line = "", ...fields] = new TextDecoder("latin1").decode(bytes).split(/\r?\n/);
  const [, method, target] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || !target!.startsWith("/")) return null;
  return { method, path: target!.split("?", 1)[0]!, host: hostIn(fields) };
}

/** Returns the host that is named; what is no host at all counts as a strange name. */
function hostIn(fields: readonly string[]): string | null {
  const field = fields.find((each) => /^host:/i.test(each));
  if (field === undefined) return null;
  const [, bracketed, plain] = HOST_LINE.exec(field) ?? [];
  return (bracketed ?? plain ?? field).toLowerCase();
}
