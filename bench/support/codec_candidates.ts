/** The general formats that the codec is compared with: maps with the fields' names, digests as text. */

export interface Candidate {
  readonly name: string;
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

interface PackrModule {
  readonly Packr: new (options: { useRecords: boolean }) => {
    pack(value: unknown): Uint8Array;
    unpack(bytes: Uint8Array): unknown;
  };
}
interface MsgpackModule {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

const text = new TextEncoder();
const untext = new TextDecoder("utf-8", { fatal: true });

/** JSON with byte fields in base64. */
const json: Candidate = {
  name: "JSON",
  encode: (value) =>
    text.encode(
      JSON.stringify(value, (_, item) => item instanceof Uint8Array ? { b64: item.toBase64() } : item),
    ),
  decode: (bytes) =>
    JSON.parse(
      untext.decode(bytes),
      (_, item) => typeof item?.b64 === "string" ? Uint8Array.fromBase64(item.b64) : item,
    ),
};

async function msgpackr(path: string): Promise<Candidate> {
  const { Packr } = await import(new URL(path, `file://${Deno.cwd()}/`).href) as PackrModule;
  const packr = new Packr({ useRecords: false });
  return { name: "msgpackr", encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) };
}

async function msgpack(path: string): Promise<Candidate> {
  const module = await import(new URL(path, `file://${Deno.cwd()}/`).href) as MsgpackModule;
  return {
    name: "@msgpack/msgpack",
    encode: (value) => module.encode(value),
    decode: (bytes) => module.decode(bytes),
  };
}

/** Returns JSON, and those MessagePack packages whose entry files are given. */
export async function loadCandidates(paths: { msgpackr?: string; msgpack?: string }): Promise<Candidate[]> {
  const found: Candidate[] = [];
  if (paths.msgpackr !== undefined) found.push(await msgpackr(paths.msgpackr));
  if (paths.msgpack !== undefined) found.push(await msgpack(paths.msgpack));
  return [...found, json];
}
