/** Words between the measuring process and a client process: JSON, one command a line, and one answer to each. */
import type { WriterResult } from "./writers.ts";

/** A command; each has another id. */
export type LoadCommand = { readonly id: number } & LoadOrder;

export type LoadOrder =
  | { readonly do: "start"; readonly writers: number; readonly size: number; readonly readPercent: number }
  | { readonly do: "measure" }
  | { readonly do: "stop" };

/** Signatures made and checked by a client process; 0 where it makes none. */
export interface SignatureCount {
  readonly signed: number;
  readonly verified: number;
}

/** Result of one client process. */
export type LoadResult = WriterResult & SignatureCount;

/** An answer: what failed, or the result of a measurement that ended, or nothing to tell. Id 0 says that the process is connected. */
export interface LoadAnswer {
  readonly id: number;
  readonly failed?: string;
  readonly result?: LoadResult;
}
