/**
 * Compares the codec with general formats on the three hot messages, in one run, so that the ratios hold whatever else the machine does.
 *
 *   deno run -A bench/codec_bench.ts [--msgpackr PATH] [--msgpack PATH] [--json]
 *
 * PATH is the entry file of an installed package: `npm i msgpackr@2.1.3 @msgpack/msgpack@3.1.3` in any directory, then
 * `DIR/node_modules/msgpackr/index.js` and `DIR/node_modules/@msgpack/msgpack/dist.esm/index.mjs`. Absent ones are left out.
 *
 * "decode" includes the checks that make the value safe to use; "canonical" also ensures that the bytes are the value's only
 * encoding, which a general format can only do by encoding again and comparing, and the codec does by construction.
 */
import { parseArgs } from "@std/cli/parse-args";
import { splitRequests } from "../protocol/entry_body.ts";
import type { PacketOf } from "../protocol/packet.ts";
import { decodeMessage, decodePeerPacket, encodeMessage, encodePacket } from "../transport/codec/mod.ts";
import { type Candidate, loadCandidates } from "./support/codec_candidates.ts";
import {
  appendPacket,
  REQUEST,
  RESPONSE,
  validateHeader,
  validateRequest,
  validateResponse,
} from "./support/codec_cases.ts";

interface Operations {
  readonly bytes: number;
  readonly encode: () => unknown;
  readonly decode: () => unknown;
  readonly canonical: () => unknown;
}
type Case = "response, 4 acks" | "request, 200 B" | "append, 16 entries";
type Subject = { readonly name: string; readonly cases: Readonly<Record<Case, Operations>> };

function ours(): Subject {
  const response = encodeMessage(RESPONSE);
  const request = encodeMessage(REQUEST);
  const packet = appendPacket(request);
  const frames = encodePacket(packet);
  const decodeResponse = () => decodeMessage("AppendEntriesResponse", response);
  const decodeRequest = () => decodeMessage("SendRequest", request);
  const decodeAppend = () => decodePeerPacket(frames);
  const encodeAppend = () => {
    const body = encodeMessage(packet.signed.message);
    return encodePacket({ ...packet, signed: { ...packet.signed, body } });
  };
  return {
    name: "codec",
    cases: {
      "response, 4 acks": {
        bytes: response.length,
        encode: () => encodeMessage(RESPONSE),
        decode: decodeResponse,
        canonical: decodeResponse,
      },
      "request, 200 B": {
        bytes: request.length,
        encode: () => encodeMessage(REQUEST),
        decode: decodeRequest,
        canonical: decodeRequest,
      },
      "append, 16 entries": {
        bytes: frames.reduce((sum, frame) => sum + frame.length, 0),
        encode: encodeAppend,
        decode: decodeAppend,
        canonical: decodeAppend,
      },
    },
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Returns the operations on one value whose decoded form `validate` checks. */
function general<T>(candidate: Candidate, value: T, validate: (value: unknown) => T): Operations {
  const bytes = new Uint8Array(candidate.encode(value));
  return {
    bytes: bytes.length,
    encode: () => candidate.encode(value),
    decode: () => validate(candidate.decode(bytes)),
    canonical: () => {
      if (!sameBytes(candidate.encode(validate(candidate.decode(bytes))), bytes)) throw new Error("not canonical");
    },
  };
}

interface LooseAppend {
  readonly header: unknown;
  readonly entries: readonly { readonly index: number; readonly term: number; readonly body: Uint8Array }[];
}

/**
 * Returns the operations on a packet in a general format: the header, and the entries with their bodies, in which each request is checked.
 */
function generalAppend(candidate: Candidate): Operations {
  const packet: PacketOf<"AppendEntries"> = appendPacket(new Uint8Array(candidate.encode(REQUEST)));
  const value: LooseAppend = {
    header: packet.signed.message,
    entries: packet.entries.map(({ index, term, body }) => ({ index, term, body })),
  };
  return general<LooseAppend>(candidate, value, (decoded) => {
    const { header, entries } = decoded as LooseAppend;
    validateHeader(header);
    for (const entry of entries) {
      for (const request of splitRequests(entry.body) ?? []) validateRequest(candidate.decode(request.body));
    }
    return decoded as LooseAppend;
  });
}

const theirs = (candidate: Candidate): Subject => ({
  name: candidate.name,
  cases: {
    "response, 4 acks": general(candidate, RESPONSE, validateResponse),
    "request, 200 B": general(candidate, REQUEST, validateRequest),
    "append, 16 entries": generalAppend(candidate),
  },
});

const ROUNDS = 7;
const ROUND_MS = 25;

/** Returns the nanoseconds per call of each operation: the median of interleaved rounds, so that all meet the same disturbances. */
function measure(operations: readonly (() => unknown)[]): number[] {
  const counts = operations.map(calibrate);
  const rounds = operations.map((): number[] => []);
  for (let turn = 0; turn < ROUNDS; turn++) {
    operations.forEach((operation, i) => rounds[i]!.push(time(operation, counts[i]!) / counts[i]! * 1e6));
  }
  return rounds.map((found) => found.sort((a, b) => a - b)[ROUNDS >> 1]!);
}

function time(operation: () => unknown, count: number): number {
  const start = performance.now();
  for (let i = 0; i < count; i++) operation();
  return performance.now() - start;
}

/** Returns the number of calls that take about one round, once the operation is compiled. */
function calibrate(operation: () => unknown): number {
  let count = 100;
  while (time(operation, count) < ROUND_MS) count *= 2;
  return count;
}

const OPERATIONS = ["encode", "decode", "canonical"] as const;

interface Line {
  readonly case: Case;
  readonly operation: string;
  readonly codec: string;
  readonly bytes: number;
  readonly ns: number;
  /** Time divided by the codec's own. */
  readonly ratio: number;
}

function compare(subjects: readonly Subject[], name: Case, operation: typeof OPERATIONS[number]): Line[] {
  const found = measure(subjects.map((subject) => subject.cases[name][operation]));
  return subjects.map((subject, i) => ({
    case: name,
    operation,
    codec: subject.name,
    bytes: subject.cases[name].bytes,
    ns: found[i]!,
    ratio: found[i]! / found[0]!,
  }));
}

function print(lines: readonly Line[]): void {
  console.log(`${"case".padEnd(20)} ${"operation".padEnd(10)} ${"codec".padEnd(18)}  bytes       ns  ratio`);
  for (const line of lines) {
    const { operation, codec, bytes, ns, ratio } = line;
    const numbers = `${String(bytes).padStart(6)} ${ns.toFixed(0).padStart(8)} ${ratio.toFixed(2).padStart(6)}`;
    console.log(`${line.case.padEnd(20)} ${operation.padEnd(10)} ${codec.padEnd(18)} ${numbers}`);
  }
}

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, { string: ["msgpackr", "msgpack"], boolean: ["json"] });
  const paths = {
    ...(args.msgpackr ? { msgpackr: args.msgpackr } : {}),
    ...(args.msgpack ? { msgpack: args.msgpack } : {}),
  };
  const subjects = [ours(), ...(await loadCandidates(paths)).map(theirs)];
  const names = Object.keys(subjects[0]!.cases) as Case[];
  const lines = names.flatMap((name) => OPERATIONS.flatMap((operation) => compare(subjects, name, operation)));
  if (args.json) console.log(JSON.stringify(lines));
  else print(lines);
}

if (import.meta.main) await main();
